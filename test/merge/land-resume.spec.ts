import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyObjects } from '../../lib/merge/copy-objects';
import { fenceRef, writeFence } from '../../lib/merge/fence';
import { land } from '../../lib/merge/land';
import { moveRefs } from '../../lib/merge/move';
import { syncWorkTree } from '../../lib/merge/sync';
import { sourceGit } from '../../lib/repository/source';
import type { TestRepository } from '../support/repository';
import { contentOf, gitIn, makeLanding, makeRepository, statusOf, type World } from './landing-world';

let repo: TestRepository;
let world: World;

beforeEach(async () => {
  process.env.GIT_CONFIG_GLOBAL = '/dev/null';
  repo = makeRepository();
  world = await makeLanding(repo);
});

afterEach(() => repo.remove());

/** What a landing does before it touches the files. */
async function moveOnly({ source, privateRepository, landing }: World): Promise<void> {
  if (source.kind !== 'local') throw new Error('local only');
  const { target, base, woven, run, generation } = landing;
  const after = await writeFence(privateRepository, { run, generation, act: 'land' });
  await copyObjects(privateRepository, sourceGit(source), [woven, after]);
  const updates = [
    { ref: `refs/heads/${target}`, before: base, after: woven },
    { ref: fenceRef(target), before: undefined, after },
  ];
  expect(await moveRefs(sourceGit(source), updates, 'land')).toEqual({ kind: 'moved' });
}

/** Files as read-tree leaves them when it is killed on the way: the index is written last. */
function writeSomeFiles(): void {
  rmSync(join(repo.path, 'drop'));
  writeFileSync(join(repo.path, 'edit'), 'new\n');
  mkdirSync(join(repo.path, 'new'));
  writeFileSync(join(repo.path, 'new/file'), 'added\n');
}

function expectUpdated(): void {
  expect(repo.git('rev-parse', 'main')).toBe(world.landing.woven);
  expect(contentOf(repo.path, 'edit')).toBe('new\n');
  expect(contentOf(repo.path, 'drop')).toBeUndefined();
  expect(contentOf(repo.path, 'new/file')).toBe('added\n');
  expect(statusOf(repo.path)).toBe('');
}

const FINISHED = () => ({ kind: 'landed', synced: [repo.path], warnings: [] });
const NOTHING_LEFT = { kind: 'landed', synced: [], warnings: [] };

describe('a landing that was killed', () => {
  it('after copying objects, lands', async () => {
    const { source, privateRepository, landing } = world;
    if (source.kind !== 'local') throw new Error('local only');
    await copyObjects(privateRepository, sourceGit(source), [landing.woven]);
    expect(await land(landing)).toEqual(FINISHED());
    expectUpdated();
  });

  it('after moving the refs, updates the work tree', async () => {
    await moveOnly(world);
    expect(statusOf(repo.path)).not.toBe('');
    expect(await land(world.landing)).toEqual(FINISHED());
    expectUpdated();
  });

  it('after moving the refs, updates the work tree though its head branch is gone since', async () => {
    await moveOnly(world);
    repo.git('branch', '-D', 'topic');
    expect(await land(world.landing)).toEqual(FINISHED());
  });

  it('after writing all the files, only has the index to finish', async () => {
    await moveOnly(world);
    writeSomeFiles();
    expect(await land(world.landing)).toEqual(FINISHED());
    expectUpdated();
  });

  it('after writing some of the files, writes the rest', async () => {
    await moveOnly(world);
    writeSomeFiles();
    writeFileSync(join(repo.path, 'drop'), 'drop\n');
    rmSync(join(repo.path, 'edit'));
    expect(await land(world.landing)).toEqual(FINISHED());
    expectUpdated();
  });

  it('at its end, has nothing left to do', async () => {
    await land(world.landing);
    const fence = repo.git('rev-parse', 'refs/lex-pr/fence/main');
    expect(await land(world.landing)).toEqual(NOTHING_LEFT);
    expect(repo.git('rev-parse', 'refs/lex-pr/fence/main')).toBe(fence);
    expectUpdated();
  });

  it('and overtaken by a later commit, leaves that one in place', async () => {
    await land(world.landing);
    const later = repo.commit({ later: 'later\n' });
    expect(await land(world.landing)).toEqual(NOTHING_LEFT);
    expect(repo.git('rev-parse', 'main')).toBe(later);
    expect(statusOf(repo.path)).toBe('');
  });

  it('before a file became a folder, can finish', async () => {
    repo.branch('turn', { keep: null, 'keep/inside': 'inside\n' });
    world = await makeLanding(repo, { head: 'turn' });
    await moveOnly(world);
    rmSync(join(repo.path, 'keep'));
    mkdirSync(join(repo.path, 'keep'));
    writeFileSync(join(repo.path, 'keep/inside'), 'inside\n');
    expect(await land(world.landing)).toEqual(FINISHED());
    expect(statusOf(repo.path)).toBe('');
  });
});

describe('edits of the user', () => {
  it('made after a crash are kept; the warning says how to go on', async () => {
    await moveOnly(world);
    writeSomeFiles();
    writeFileSync(join(repo.path, 'edit'), 'mine\n');
    const result = await land(world.landing);
    expect(result).toMatchObject({ kind: 'landed', synced: [] });
    expect(contentOf(repo.path, 'edit')).toBe('mine\n');

    const warning = result.kind === 'landed' ? result.warnings.join() : '';
    expect(warning).toContain(repo.path);
    expect(warning).toContain("'edit'");
    rmSync(join(repo.path, 'edit'));
    const [, command] = /run there: git (.*)$/.exec(warning) ?? [];
    gitIn(repo.path, command!.split(' '));
    expectUpdated();
  });

  it('made after a landing are left alone', async () => {
    await land(world.landing);
    writeFileSync(join(repo.path, 'edit'), 'old\n');
    expect(await land(world.landing)).toEqual(NOTHING_LEFT);
    expect(statusOf(repo.path)).toBe(' M edit');
  });

  it('staged after a landing are left alone', async () => {
    await land(world.landing);
    writeFileSync(join(repo.path, 'keep'), 'mine\n');
    repo.git('add', 'keep');
    expect(await land(world.landing)).toMatchObject({ kind: 'landed', synced: [] });
    expect(statusOf(repo.path)).toBe('M  keep');
  });
});

describe('a failing update of a work tree', () => {
  it('is a warning that names it, never a failure', async () => {
    await moveOnly(world);
    writeFileSync(join(repo.path, '.git/index.lock'), '');
    const tree = { path: repo.path, gitDir: join(repo.path, '.git') };
    const { base, woven } = world.landing;
    expect(await syncWorkTree(tree, base, woven)).toEqual({
      kind: 'stale',
      warning: expect.stringMatching(new RegExp(`${repo.path}.*index\\.lock.*git read-tree -m -u ${base}`)),
    });
  });

  it('is a warning too where git cannot read the index, and the landing has happened', async () => {
    await moveOnly(world);
    writeFileSync(join(repo.path, '.git/index'), 'none');
    expect(await land(world.landing)).toEqual({
      ...NOTHING_LEFT,
      warnings: [expect.stringMatching(new RegExp(`landed, but .*${repo.path}.*index file`))],
    });
  });
});
