import { containerArguments } from '../../lib/gates/container-arguments';
import type { Gate } from '../../lib/plan/plan';

const gate: Gate & { image: string } = {
  name: 'test',
  run: '-x "$HOME"',
  cwd: 'packages/core',
  env: { PORT: '80', TERM: 'xterm', ODD: 'a b\n--privileged' },
  timeoutSeconds: 60,
  runtime: 'container',
  image: 'ghcr.io/a/b:1',
  artifacts: [],
  cache: 'tree',
};

function argumentsOf(engine: { kind: 'docker' | 'podman'; rootless: boolean }, workTree = '/lanes/0/tree') {
  return containerArguments(engine, {
    gate,
    name: 'lex-pr-1',
    idFile: '/logs/test.1.log.container',
    workTree,
    readOnly: ['/private.git/objects'],
    variables: { LEX_PR: '1', LEX_PR_TREE: 'abc' },
    user: { uid: 1000, gid: 100 },
  });
}

const optionOf = (args: string[], name: string) => args.filter((_, k) => args[k - 1] === name);

describe('the arguments of a container', () => {
  it('are these for Docker', () => {
    expect(argumentsOf({ kind: 'docker', rootless: false })).toEqual([
      'run',
      '--rm',
      '--init',
      '--name',
      'lex-pr-1',
      '--cidfile',
      '/logs/test.1.log.container',
      '--log-driver',
      'none',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      '--security-opt',
      'label=disable',
      '--user',
      '1000:100',
      '--mount',
      'type=bind,source=/lanes/0/tree,target=/workspace',
      '--mount',
      'type=bind,source=/private.git/objects,target=/private.git/objects,readonly',
      '--workdir',
      '/workspace/packages/core',
      '--env',
      'CI=true',
      '--env',
      'TERM=xterm',
      '--env',
      'HOME=/tmp',
      '--env',
      'LEX_PR=1',
      '--env',
      'LEX_PR_TREE=abc',
      '--env',
      'PORT=80',
      '--env',
      'ODD=a b\n--privileged',
      '--entrypoint',
      '/bin/sh',
      'ghcr.io/a/b:1',
      '-c',
      '--',
      '-x "$HOME"',
    ]);
  });

  it.each([
    ['docker', false, ['1000:100'], []],
    ['docker', true, [], []],
    ['podman', false, ['1000:100'], []],
    ['podman', true, ['1000:100'], ['keep-id']],
  ] as const)('let %s (rootless: %s) write files that are ours', (kind, rootless, user, userns) => {
    const args = argumentsOf({ kind, rootless });
    expect(optionOf(args, '--user')).toEqual(user);
    expect(optionOf(args, '--userns')).toEqual(userns);
  });

  it.each([
    ['/a b', 'source=/a b'],
    ['/a,target=/etc', '"source=/a,target=/etc"'],
    ['/a"b', '"source=/a""b"'],
  ])('name the work tree %s so that it stays one field', (workTree, field) => {
    const [mount] = optionOf(argumentsOf({ kind: 'docker', rootless: false }, workTree), '--mount');
    expect(mount).toBe(`type=bind,${field},target=/workspace`);
  });
});
