import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(60_000);
const root = join(__dirname, '../..');
let outdir: string;
beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
});
afterEach(() => rmSync(outdir, { recursive: true }));

/** Starts Node.js as the CDK's command line does, without anything of an account. */
const run = (args: readonly string[], context: object = {}) =>
  spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: {
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ 'aws:cdk:disable-asset-staging': true, ...context }),
      CDK_VALIDATION: 'false',
    },
  });
const template = (stack: string) => JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), 'utf8'));

describe('the app, as it is built', () => {
  it('makes a stack of what the context says, without account, region or credentials', () => {
    const { status, stderr } = run(['dist/app.mjs'], { stack: 'Mine', functions: 'zip', maxWorkers: '3' });
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.stringify(template('Mine').Resources)).toContain('"MAX_WORKERS":"3"');
  });

  it('says all that is wrong with the context, and makes nothing', () => {
    const { status, stderr } = run(['dist/app.mjs'], { functions: 'docker', maxWorkers: '0' });
    expect(status).toBe(2);
    expect(stderr).toContain('-c functions is not image or zip');
    expect(stderr).toContain('-c maxWorkers is not a whole number from 1 to 2000');
    expect(() => template('LexPr')).toThrow('ENOENT');
  });
});

it('the construct, as it is built, finds the functions beside it', () => {
  const script = `
    import { App, Stack } from 'aws-cdk-lib';
    import { MergePyramid } from './dist/cdk.mjs';
    const app = new App();
    new MergePyramid(new Stack(app, 'Theirs'), 'Merging');
    app.synth();
  `;
  const { status, stderr } = run(['--input-type=module', '-e', script]);
  expect([status, stderr]).toEqual([0, '']);
  expect(template('Theirs').Outputs).toHaveProperty('ControlFunctionName');
});
