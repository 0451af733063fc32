import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../support/cli';
import { TestRepository } from '../support/repository';

it('gives each of many gates on one tree the tree as it is, whatever the one before did to it', async () => {
  const repo = TestRepository.create();
  try {
    repo.git('checkout', '-q', '-b', 'change');
    repo.commit({ change: 'ok\n' });
    repo.git('checkout', '-q', 'main');
    const check = 'grep -qx ok change && test ! -e dirt';
    const gates = Array.from({ length: 40 }, (_, k) => {
      const run = k % 8 === 7 ? `${check} && echo ko >change && touch dirt` : check;
      return { name: `g${k}`, run, cache: 'off' };
    });
    const policy = { maxWorkers: 1, integration: 'none' };
    const plan = { schemaVersion: 'v1', target: 'main', policy, items: [{ name: 'change', gates }] };
    const file = join(repo.root, 'plan.json');
    writeFileSync(file, JSON.stringify({ ...plan, repository: repo.path }));
    const { code, stderr } = await runCli(['merge', file, '--json'], { cwd: repo.root });
    expect({ code, failed: stderr.split('\n').filter((line) => line.includes('"fail"')) }).toEqual({
      code: 0,
      failed: [],
    });
  } finally {
    repo.remove();
  }
});
