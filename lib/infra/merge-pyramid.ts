import { createHash } from 'node:crypto';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Alarms } from './alarms';
import { Api } from './api';
import { Builds } from './builds';
import { Checks } from './checks';
import { Dashboard } from './dashboard';
import { FUNCTIONS, type FunctionName } from './function-table';
import { Functions } from './functions';
import { grantAll } from './grants';
import { Machines } from './machines';
import type { MergePyramidProps } from './props';
import { Recovery } from './recovery';
import { Schedules } from './schedules';
import { settingsOf } from './settings';
import { shapeOf } from './shape';
import { Storage } from './storage';

/**
 * The AWS engine: submits, runs and reports merge pyramids.
 *
 * Its outputs have the names that `lex-pr --engine aws --stack NAME` looks for, so a stack can hold one of it.
 */
export class MergePyramid extends Construct {
  readonly functions: Readonly<Record<FunctionName, LambdaFunction>>;
  readonly storage: Storage;
  readonly builds: Builds;
  readonly machines: Machines;
  readonly recovery: Recovery;
  /** Undefined where there are none. */
  readonly schedules: Schedules | undefined;
  readonly api: Api;
  readonly alarms: Alarms;
  readonly dashboard: Dashboard;
  readonly checks: Checks;

  /** @throws InputError with everything that is wrong with the properties; Error when the functions are not built */
  constructor(scope: Construct, id: string, props: MergePyramidProps = {}) {
    super(scope, id);
    const settings = settingsOf(props);
    const { maxWorkers } = settings;
    this.storage = new Storage(this, 'Storage', settings);
    this.functions = new Functions(this, 'Functions', settings).all;
    const { bucket } = this.storage;
    this.builds = new Builds(this, 'Builds', { ...settings, bucket });
    this.machines = new Machines(this, 'Machines', {
      ...settings,
      functions: this.functions,
      builds: this.builds,
      bucketName: bucket.bucketName,
    });
    this.recovery = new Recovery(this, 'Recovery', this.machines.run, this.functions.reconcile);
    if (settings.schedules.length > 0)
      this.schedules = new Schedules(this, 'Schedules', {
        schedules: settings.schedules,
        handler: this.functions.schedule,
        runMachine: this.machines.run,
        alarms: settings,
      });
    this.api = new Api(this, 'Api', { ...settings, handler: this.functions.api });
    this.checks = new Checks(this, 'Checks');
    grantAll({
      functions: this.functions,
      storage: this.storage,
      machines: this.machines,
      api: this.api,
      checks: this.checks,
      access: settings.repositoryAccess,
      toolchains: {
        local: toolchainOf(this.functions.gate),
        container: `container-${settings.architecture.name}`,
      },
      believeSharedPasses: settings.believeSharedPasses,
      retentionDays: settings.retention.toDays(),
      maxWorkers,
      shape: shapeOf(settings),
    });
    const gateMemoryMB = settings.sizes.gate?.memoryMB ?? FUNCTIONS.gate.memoryMB;
    const watched = {
      functions: this.functions,
      storage: this.storage,
      machines: this.machines,
      recovery: this.recovery,
    };
    this.alarms = new Alarms(this, 'Alarms', { ...settings, ...watched, gateMemoryMB });
    this.dashboard = new Dashboard(this, 'Dashboard', {
      ...watched,
      alarms: [...this.alarms.all, ...(this.schedules ? [this.schedules.alarm] : [])],
    });
    this.output('ControlFunctionName', this.functions.control.functionName);
    this.output('BucketName', this.storage.bucket.bucketName);
    this.output('RunTableName', this.storage.runTable.tableName);
    this.output('CacheTableName', this.storage.cacheTable.tableName);
    this.output('RunMachineArn', this.machines.run.stateMachineArn);
    this.output('DeadLettersUrl', this.recovery.deadLetters.queueUrl);
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }
}

/** Changes with the image or the bundle that gates run in. */
function toolchainOf(gate: LambdaFunction): string {
  const { architectures, runtime, code, imageConfig } = gate.node.defaultChild as CfnFunction;
  const named = Stack.of(gate).resolve({ architectures, runtime, code, imageConfig });
  return createHash('sha256').update(JSON.stringify(named)).digest('hex');
}
