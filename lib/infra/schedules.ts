import { basename } from 'node:path';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type Firing, SCHEDULED_TIME } from '../engine/aws/firing';
import { type AlarmSettings, alarm, PERIOD } from './alarm';
import { deadLetterQueue } from './dead-letters';
import type { Schedule } from './schedule-settings';

export interface SchedulesProps {
  /** At least one. */
  readonly schedules: readonly Schedule[];
  /** The function `schedule`. */
  readonly handler: LambdaFunction;
  readonly runMachine: StateMachine;
  readonly alarms: AlarmSettings;
}

/** For how long what is due is tried, after that it is a dead letter. */
const MAX_AGE = Duration.hours(6);

/** Runs that start by themselves. A firing that comes to no run is kept, and somebody is told. */
export class Schedules extends Construct {
  readonly group: CfnScheduleGroup;
  readonly role: Role;
  readonly schedules: readonly CfnSchedule[];
  /** Firings that could not be delivered or started, and the ends of runs of schedules that were refused. */
  readonly deadLetters: Queue;
  readonly alarm: Alarm;
  private readonly stored: Asset[] = [];

  constructor(scope: Construct, id: string, { schedules, handler, runMachine, alarms }: SchedulesProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters');
    this.group = new CfnScheduleGroup(this, 'Group');
    this.role = this.schedulerRole(handler);
    this.schedules = schedules.map((schedule) => this.schedule(schedule, handler));
    this.allowStored(handler);
    handler.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: MAX_AGE,
      onFailure: new SqsDestination(this.deadLetters),
    });
    this.keepRefused(schedules, runMachine);
    this.output('ScheduleGroupName', this.group.ref);
    this.output('ScheduleDeadLettersUrl', this.deadLetters.queueUrl);
    const row = {
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: PERIOD,
        statistic: 'Maximum',
      }),
      above: 0,
      says: 'A schedule of lex-pr was due and came to no run.',
      section: 'dead-letters-of-schedules',
    };
    this.alarm = alarm(this, 'Failed', row, alarms);
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }

  /** What Scheduler is while it calls the function; for schedules of this group only. */
  private schedulerRole(handler: LambdaFunction): Role {
    const role = new Role(this, 'Role', {
      description: 'lex-pr: calls the function of schedules',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': this.group.attrArn,
          },
        },
      }),
    });
    const allow = (action: string, resource: string) =>
      role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
    allow('lambda:InvokeFunction', handler.functionArn);
    allow('sqs:SendMessage', this.deadLetters.queueArn);
    return role;
  }

  private schedule(schedule: Schedule, handler: LambdaFunction): CfnSchedule {
    const { name, expression, timezone, execute, maxWorkers = null, whenBusy, enabled, plan } = schedule;
    // Scheduler puts the time there.
    const input: Omit<Firing, 'due'> & { readonly due: string } = {
      schedule: name,
      due: SCHEDULED_TIME,
      plan: 'file' in plan ? this.store(name, plan.file) : plan,
      execute,
      maxWorkers,
      whenBusy,
    };
    const what = 'file' in plan ? basename(plan.file) : `branches of ${plan.repository}`;
    const made = new CfnSchedule(this, `Schedule-${name}`, {
      name,
      groupName: this.group.ref,
      description: `lex-pr: ${execute ? 'lands' : 'dry run of'} ${what}`.slice(0, 512),
      scheduleExpression: expression,
      scheduleExpressionTimezone: timezone,
      flexibleTimeWindow: { mode: 'OFF' },
      state: enabled ? 'ENABLED' : 'DISABLED',
      target: {
        arn: handler.functionArn,
        roleArn: this.role.roleArn,
        input: Stack.of(this).toJsonString(input),
        deadLetterConfig: { arn: this.deadLetters.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: MAX_AGE.toSeconds(), maximumRetryAttempts: 8 },
      },
    });
    made.node.addDependency(this.role);
    return made;
  }

  private store(name: string, file: string) {
    const asset = new Asset(this, `Plan-${name}`, { path: file });
    this.stored.push(asset);
    return { bucket: asset.s3BucketName, key: asset.s3ObjectKey, file: basename(file) };
  }

  /**
   * Lets the function read the stored plans, each by its name. After the schedules: what a schedule of before has
   * started has read its plan by then, and what one of now starts in between is tried again.
   */
  private allowStored(handler: LambdaFunction): void {
    if (this.stored.length === 0) return;
    const resources = this.stored.map(({ bucket, s3ObjectKey }) => bucket.arnForObjects(s3ObjectKey));
    const policy = new Policy(this, 'StoredPlans', {
      roles: [handler.role!],
      statements: [new PolicyStatement({ actions: ['s3:GetObject'], resources })],
    });
    policy.node.addDependency(...this.schedules);
  }

  /** A run that is refused ends as it should, and nobody has asked for it who would see that. */
  private keepRefused(schedules: readonly Schedule[], runMachine: StateMachine): void {
    new Rule(this, 'Refused', {
      description: 'Runs of schedules of lex-pr that were refused',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [runMachine.stateMachineArn],
          status: ['SUCCEEDED'],
          name: schedules.flatMap(({ name }) => Match.prefix(`${name}-`)),
          output: Match.wildcard('*"refused"*'),
        },
      },
      targets: [new SqsQueue(this.deadLetters)],
    });
  }
}
