import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { collectArtifacts } from '../../lib/gates/artifacts';
import { runGate } from '../../lib/gates/run-gate';
import { Workspace } from './workspace';

let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.remove());

function write(path: string, content = path): void {
  const file = join(workspace.tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function link(path: string, target: string): void {
  symlinkSync(target, join(workspace.tree, path));
}

function collect(patterns: string[], sizeLimit?: number) {
  const folders = { workTree: workspace.tree, cwd: '.', into: workspace.artifacts };
  return collectArtifacts(patterns, folders, sizeLimit);
}

const kept = (path: string) => readFileSync(join(workspace.artifacts, path), 'utf8');

describe('the artifacts of a gate', () => {
  const run = 'mkdir -p out/deep; echo 1 > out/a.xml; echo 2 > out/deep/b.xml; echo 3 > c.log';
  const gate = { cwd: 'web', artifacts: ['out/**/*.xml', '*.log'] };

  it.each([
    ['passes', '', 'pass'],
    ['fails', '; exit 1', 'fail'],
  ])('are kept at their path below its cwd where it %s', async (_, end, status) => {
    mkdirSync(join(workspace.tree, 'web'));
    const outcome = await runGate(workspace.request(run + end, gate));
    expect(outcome).toMatchObject({
      status,
      artifacts: ['c.log', 'out/a.xml', 'out/deep/b.xml'],
      note: undefined,
    });
    expect(kept('out/deep/b.xml')).toBe('2\n');
  });

  it('are kept at a timeout', async () => {
    mkdirSync(join(workspace.tree, 'web'));
    const outcome = await runGate(workspace.request(`${run}; sleep 300`, { ...gate, timeoutSeconds: 1 }));
    expect(outcome).toMatchObject({ status: 'timeout', artifacts: ['c.log', 'out/a.xml', 'out/deep/b.xml'] });
  });

  it('that are missing are noted, and change no result', async () => {
    const outcome = await runGate(workspace.request('true', { artifacts: ['x/*.xml', 'y'] }));
    expect(outcome).toMatchObject({
      status: 'pass',
      artifacts: [],
      note: 'no file matches artifact pattern x/*.xml; no file matches artifact pattern y',
    });
    expect(existsSync(workspace.artifacts)).toBe(false);
  });

  it('do not come from a work tree that the gate replaced by a link', async () => {
    const run = `mv "$PWD" ../moved && ln -s / ../tree`;
    const outcome = await runGate(workspace.request(run, { artifacts: ['etc/passwd'] }));
    expect(outcome).toMatchObject({
      status: 'pass',
      artifacts: [],
      note: 'leads out of the work tree, left out: etc/passwd',
    });
  });

  it('that cannot be written are a fault', async () => {
    writeFileSync(workspace.artifacts, 'in the way');
    const request = workspace.request('echo x > a', { artifacts: ['a'] });
    await expect(runGate(request)).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});

describe('collecting', () => {
  it('copies a folder that matches with all it holds, but not a repository', async () => {
    for (const path of ['out/a', 'out/.hidden/b', 'out/.git/config', 'out/deep/er/c']) write(path);
    expect(await collect(['out'])).toEqual({
      artifacts: ['out/.hidden/b', 'out/a', 'out/deep/er/c'],
      notes: [],
    });
  });

  it('takes a file once, however many patterns match it', async () => {
    write('a/b/c.txt');
    const { artifacts } = await collect(['**/*.txt', '**', 'a/b/c.txt', '**/a/**/b/**']);
    expect(artifacts).toEqual(['a/b/c.txt']);
  });

  it('keeps content and mode, and replaces what an earlier attempt left', async () => {
    write('tool', 'first, longer');
    execFileSync('chmod', ['555', join(workspace.tree, 'tool')]);
    await collect(['tool']);
    execFileSync('rm', ['-f', join(workspace.tree, 'tool')]);
    write('tool', 'second');
    write('empty', '');
    expect(await collect(['tool', 'empty'])).toEqual({ artifacts: ['empty', 'tool'], notes: [] });
    expect(kept('tool')).toBe('second');
    expect(kept('empty')).toBe('');
    expect(statSync(join(workspace.artifacts, 'tool')).mode & 0o111).toBe(0o111);
  });

  it('copies names with newlines, dashes, quotes, unicode', async () => {
    const names = ['-rf', 'a b', 'line\nbreak', 'quo\'te"', 'ünï😀', '*', '\\'];
    for (const name of names) write(name);
    expect(await collect(['*'])).toEqual({ artifacts: [...names].sort(), notes: [] });
    expect(kept('line\nbreak')).toBe('line\nbreak');
  });

  it('notes a name that is not UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${workspace.tree}/bad`), Buffer.from([0xff])]), '');
    expect(await collect(['*'])).toEqual({
      artifacts: [],
      notes: ['name is not UTF-8, left out: bad\ufffd'],
    });
  });

  it('follows links within the work tree', async () => {
    write('real/a', 'A');
    link('file', 'real/a');
    link('folder', 'real');
    expect(await collect(['file', 'folder/*'])).toEqual({ artifacts: ['file', 'folder/a'], notes: [] });
    expect(statSync(join(workspace.artifacts, 'file')).isFile()).toBe(true);
    expect(kept('folder/a')).toBe('A');
  });

  it('follows no link that leads out, as a file, a folder, on the way, or in a folder that matches', async () => {
    writeFileSync(join(workspace.root, 'secret'), 's3cret');
    write('out/fine');
    link('out/file', '../../secret');
    link('out/folder', '../..');
    link('absolute', workspace.root);
    link('twice', 'absolute/secret');
    const { artifacts, notes } = await collect(['out', 'absolute/secret', 'absolute/*', 'twice', '*/secret']);
    expect(artifacts).toEqual(['out/fine']);
    const out = ['absolute', 'absolute/secret', 'out/file', 'out/folder', 'twice'];
    expect(notes.sort()).toEqual(out.map((path) => `leads out of the work tree, left out: ${path}`));
    expect(readdirSync(workspace.artifacts)).toEqual(['out']);
  });

  it('ends on links that go in circles, and skips those that lead nowhere', async () => {
    write('a/file');
    link('a/up', '..');
    link('a/self', 'self');
    link('a/gone', 'nothing');
    const { artifacts, notes } = await collect(['**/file', 'a']);
    expect(artifacts).toEqual(['a/file']);
    expect(notes.sort()).toEqual(['cannot be read (ELOOP): a/self', 'link to a folder is left out: a/up']);
  });

  it('never opens a FIFO or a device', async () => {
    write('out/fine');
    execFileSync('mkfifo', [join(workspace.tree, 'out/fifo')]);
    link('out/device', '/dev/zero');
    const { artifacts, notes } = await collect(['out/*', 'out/fifo']);
    expect(artifacts).toEqual(['out/fine']);
    expect(notes.sort()).toEqual([
      'leads out of the work tree, left out: out/device',
      'not a regular file, left out: out/fifo',
    ]);
  });

  it.each(['../secret', '/etc/passwd', 'a/../../secret', '\\.\\./secret'])('refuses %j', async (pattern) => {
    writeFileSync(join(workspace.root, 'secret'), 's3cret');
    const { artifacts, notes } = await collect([pattern]);
    expect(artifacts).toEqual([]);
    expect(notes).toEqual([`artifact pattern leads out of the gate's folder: ${pattern}`]);
  });

  it('leaves out, with a note, what does not fit', async () => {
    write('a', '12345');
    write('b', '1234567');
    write('c', '12345');
    expect(await collect(['*'], 10)).toEqual({
      artifacts: ['a', 'c'],
      notes: ['over the size limit for artifacts, left out: b'],
    });
  });

  it('leaves out a sparse file of a terabyte', async () => {
    execFileSync('truncate', ['-s', '1T', join(workspace.tree, 'huge')]);
    const { artifacts, notes } = await collect(['huge']);
    expect(artifacts).toEqual([]);
    expect(notes).toEqual(['over the size limit for artifacts, left out: huge']);
  });

  it('says of many notes how many there are', async () => {
    const { notes } = await collect(Array.from({ length: 25 }, (_, index) => `missing-${index}`));
    expect(notes).toHaveLength(11);
    expect(notes.at(-1)).toBe('and 15 more like these');
  });
});
