import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import { type Definition, functionPlaceholder } from './asl';
import type { Builds } from './builds';
import type { FunctionName } from './function-table';
import { laneMachine } from './lane-machine';
import { runMachine } from './run-machine';
import type { Settings } from './settings';

export interface MachinesProps
  extends Pick<Settings, 'maxWorkers' | 'runTimeout' | 'rotateAfterEvents' | 'logRetention'> {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly builds: Builds;
  /** Holds what builds are made of. */
  readonly bucketName: string;
}

const RULE_ACTIONS = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'];

/** The state machine of runs and the one of their lanes. */
export class Machines extends Construct {
  readonly run: StateMachine;
  readonly lane: StateMachine;

  constructor(scope: Construct, id: string, props: MachinesProps) {
    super(scope, id);
    const { maxWorkers, runTimeout, rotateAfterEvents } = props;
    const calls: readonly FunctionName[] = ['next', 'gate', 'check', 'merge'];
    this.lane = this.machine('Lane', laneMachine(rotateAfterEvents), calls, props, {
      BuildProject: props.builds.project.ref,
      Bucket: props.bucketName,
    });
    this.run = this.machine(
      'Run',
      runMachine(maxWorkers, runTimeout.toSeconds()),
      ['queue', 'prepare', 'report'],
      props,
      { LaneMachine: this.lane.stateMachineArn },
    );
    this.allowBuilds(props.builds);
    this.allowLanes();
    this.allowManyLanes();
  }

  private machine(
    id: string,
    definition: Definition,
    calls: readonly FunctionName[],
    { functions, logRetention }: MachinesProps,
    substitutions: Record<string, string> = {},
  ): StateMachine {
    const machine = new StateMachine(this, id, {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(definition)),
      definitionSubstitutions: {
        ...substitutions,
        Partition: Aws.PARTITION,
        // Versions: an execution that goes on while the stack is upgraded calls what it was made for to its end.
        ...Object.fromEntries(
          calls.map(
            (name) => [functionPlaceholder(name), functions[name].currentVersion.functionArn] as const,
          ),
        ),
      },
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        // Execution data holds task tokens.
        includeExecutionData: false,
        destination: new LogGroup(this, `${id}Logs`, {
          // Policies of log groups with this prefix do not count towards the limit of the account.
          logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}-${id}`,
          retention: logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    const versions = calls.map((name) => `${functions[name].functionArn}:*`);
    machine.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: versions }));
    for (const resource of versions)
      acknowledgeWildcard(
        machine,
        resource,
        'Versions of one function: those before are called to the end of their runs.',
      );
    const reason = 'Log delivery and X-Ray have no resources to name.';
    acknowledgeWildcard(machine, '*', reason);
    return machine;
  }

  /** `startBuild.sync`: starts a build, learns of its end by an event, stops it when the lane is stopped. */
  private allowBuilds({ projectArn }: Builds): void {
    const statements: [string[], string][] = [
      [['codebuild:StartBuild', 'codebuild:StopBuild', 'codebuild:BatchGetBuilds'], projectArn],
      [RULE_ACTIONS, this.ruleArn('StepFunctionsGetEventForCodeBuildStartBuildRule')],
    ];
    for (const [actions, resource] of statements)
      this.lane.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
  }

  /** `startExecution.sync`: starts a lane, learns of its end by an event, stops it when the run is stopped. */
  private allowLanes(): void {
    const lanes = executionsOf(this.lane, ':*');
    const rule = this.ruleArn('StepFunctionsGetEventsForStepFunctionsExecutionRule');
    const statements: [string[], string][] = [
      [['states:StartExecution'], this.lane.stateMachineArn],
      [['states:DescribeExecution', 'states:StopExecution'], lanes],
      [RULE_ACTIONS, rule],
    ];
    for (const [actions, resource] of statements) {
      this.run.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
    }
    acknowledgeWildcard(
      this.run,
      lanes,
      'Executions of one state machine, whose names are not known before.',
    );
  }

  /** A rule that Step Functions itself keeps in the account. */
  private ruleArn(name: string): string {
    return Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: name });
  }

  /** A Distributed Map starts executions of its own state machine; apart, because they name each other. */
  private allowManyLanes(): void {
    const children = executionsOf(this.run, '/*');
    const runs = executionsOf(this.run, ':*');
    const policy = new Policy(this, 'ManyLanes', {
      statements: [
        new PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [this.run.stateMachineArn],
        }),
        new PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution'],
          resources: [runs, children],
        }),
      ],
    });
    policy.attachToRole(this.run.role);
    const reason = 'Executions of this state machine itself, whose names are not known before.';
    for (const resource of [runs, children]) acknowledgeWildcard(policy, resource, reason);
  }
}

/** ARN of the executions of a machine; `suffix`: `:*`, or `/*` for those that a Distributed Map starts. */
export function executionsOf(machine: StateMachine, suffix: ':*' | '/*'): string {
  return Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine.stateMachineName}${suffix}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
