import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(__dirname, '..');
const textOf = (document: string) => readFileSync(join(root, document), 'utf8');

let folder: string;
afterEach(() => rmSync(folder, { recursive: true }));

/** A project of somebody else with `example.ts`, and these packages installed. */
function project(code: string, packages: readonly string[]): void {
  folder = mkdtempSync(join(tmpdir(), 'lex-pr-test-'));
  for (const name of ['lex-pr', '@types', ...packages]) {
    const place = join(folder, 'node_modules', name);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(name === 'lex-pr' ? root : join(root, 'node_modules', name), place);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'example.ts'), code);
}

const run = () => execFileSync(process.execPath, ['example.ts'], { cwd: folder, encoding: 'utf8' });

const tsc = join(root, 'node_modules/.bin/tsc');
beforeAll(() => void execFileSync(tsc, ['-p', join(root, 'tsconfig.types.json')]));

/** Against the published types. @throws Error with what the compiler says */
function compile(): void {
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext'];
  execFileSync(tsc, [...options, '--types', 'node', 'example.ts'], {
    cwd: folder,
    stdio: 'pipe',
    encoding: 'utf8',
  });
}

describe('the example of docs/library.md', () => {
  const [, code = '', output = ''] = /```ts\n(.*?)```.*?```\n(.*?)```/s.exec(textOf('docs/library.md')) ?? [];
  beforeEach(() => project(code, []));

  it('prints what the document says', () => {
    expect(run()).toBe(output);
  });

  it('compiles against the published types', compile);
});

describe('the example of docs/deploy.md', () => {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(textOf('docs/deploy.md')) ?? [];
  const [, dockerfile = ''] = /```dockerfile\n(.*?)```/s.exec(textOf('docs/deploy.md')) ?? [];
  beforeEach(() => {
    project(code, ['aws-cdk-lib', 'constructs']);
    mkdirSync(join(folder, 'gate-image'));
    writeFileSync(join(folder, 'gate-image/Dockerfile'), dockerfile);
    cpSync(join(root, 'dist/functions/gate'), join(folder, 'gate-image/gate'), { recursive: true });
  });

  it('makes a stack with gates in an image of its own', () => {
    const output = mkdtempSync(join(folder, 'cdk.out-'));
    execFileSync(process.execPath, ['example.ts'], {
      cwd: folder,
      env: { ...process.env, CDK_OUTDIR: output },
    });
    const template = JSON.parse(readFileSync(join(output, 'LexPr.template.json'), 'utf8'));
    const functions = Object.values<{ Type: string; Properties: Record<string, unknown> }>(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Lambda::Function')
      .map(({ Properties }) => Properties);
    const gate = functions.find(({ Description }) => Description === 'lex-pr: Runs gates');
    expect(gate).toMatchObject({ PackageType: 'Image', MemorySize: 8192, EphemeralStorage: { Size: 10240 } });
  });

  it('compiles against the published types', compile);
});
