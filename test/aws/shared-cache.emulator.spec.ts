import { dynamoDb } from '../../lib/aws/dynamodb';
import { sharePasses } from '../../lib/engine/shared-passes';
import { DynamoDbStore } from '../../lib/performance/dynamodb-store';
import type { Gate } from '../../lib/plan/plan';
import { itemOf, mergePlan } from '../support/cli';
import { DockerStandIn } from '../support/docker';
import { TestRepository } from '../support/repository';
import { stack } from './cloud';

jest.setTimeout(300_000);

const policy = { cacheTTLSeconds: 3600, enableCaching: true };

describe('the cache of a stack', () => {
  let repo: TestRepository;
  beforeEach(() => {
    repo = TestRepository.create();
  });
  afterEach(() => repo.remove());

  it('spares a laptop what the stack has run, and is told of the rest only where that is asked for', async () => {
    repo.branch('change', { change: `${repo.path}\n` });
    const docker = new DockerStandIn(repo.root);
    const gate = (name: string): Gate => ({
      ...{ name, run: 'cat change', cwd: '.', env: {}, timeoutSeconds: 600, artifacts: [], cache: 'tree' },
      ...{ runtime: 'container', image: `ghcr.io/a/tools@sha256:${'0'.repeat(64)}` },
    });
    const store = new DynamoDbStore({ client: dynamoDb(), table: stack().CacheTableName! });
    const tested = { tree: repo.git('rev-parse', 'change^{tree}') };
    // As its functions do.
    await sharePasses(store, policy, { tellAs: 'stack' }).tell(gate('known'), tested, { durationMs: 5 });

    const merge = async (...args: string[]) => {
      const plan = { items: [{ name: 'change' }], gates: [gate('known'), gate('new')] as never[] };
      const { report, stderr } = await mergePlan(repo, plan, args, { env: docker.env });
      const gates = itemOf({ report }, 'change').gates.map(({ name, cached }) => [name, cached]);
      return { gates, stderr, ran: docker.calls('run').length };
    };
    const heard = sharePasses(store, policy, { believe: 'others' });
    expect(await merge('--shared-cache', 'LexPr')).toMatchObject({
      gates: [
        ['known', true],
        ['new', false],
      ],
      ran: 1,
    });
    expect(await heard.find(gate('new'), tested)).toBeUndefined();

    repo.git('clean', '-ffdxq');
    expect(await merge('--shared-cache', 'LexPr', '--share-passes')).toMatchObject({ ran: 2 });
    expect(await heard.find(gate('new'), tested)).toEqual({ durationMs: expect.any(Number) });
    expect(await heard.find(gate('known'), tested)).toBeUndefined();

    repo.git('clean', '-ffdxq');
    const alone = await merge('--shared-cache', 'Nothing');
    expect(alone.ran).toBe(4);
    expect(alone.stderr.match(/the shared cache of stack Nothing is of no use/g)).toHaveLength(1);
  });
});
