import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * A docker for tests: containers are processes of this machine in sessions of their own, which outlive the command
 * that started them. Flags it does not know, mounts of nothing and names in use are refused as Docker does.
 * Called with its state folder and Docker's arguments.
 */
const [state, ...args] = process.argv.slice(2);
const recordOf = (name) => join(state, 'containers', `${name}.json`);

appendFileSync(join(state, 'calls'), `${JSON.stringify(args)}\n`);
mkdirSync(join(state, 'containers'), { recursive: true });

function end(code, message = '') {
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exit(code);
}

if (args[0] === '--version') {
  process.stdout.write('Docker version 99.1, build stand-in\n');
  end(0);
}
if (existsSync(join(state, 'down')))
  end(args[0] === 'run' ? 125 : 1, 'Cannot connect to the Docker daemon. Is the docker daemon running?');

const commands = { info, run, rm, inspect, image, pull };
await (commands[args[0]] ?? (() => end(1, `docker: '${args[0]}' is not a docker command.`)))(args.slice(1));

function info() {
  process.stdout.write('99.1 ["name=seccomp,profile=builtin"]\n');
}

function isPulled(name) {
  const file = join(state, 'images');
  return existsSync(file) && readFileSync(file, 'utf8').split('\n').includes(name);
}

function image([action, name]) {
  if (action !== 'inspect') end(1, `unknown command: docker image ${action}`);
  if (!isPulled(name)) end(1, `Error response from daemon: No such image: ${name}`);
  process.stdout.write('[{}]\n');
}

async function pull([quiet, name]) {
  if (quiet !== '--quiet') end(125, `unknown flag: ${quiet}`);
  // Long enough for other lanes to want it as well.
  await pause(100);
  if (name.includes('missing')) end(1, `Error response from daemon: pull access denied for ${name}`);
  appendFileSync(join(state, 'images'), `${name}\n`);
  process.stdout.write(`${name}\n`);
}

function inspect([flag, format, name]) {
  if (flag !== '--format' || format !== '{{.State.Running}}') end(125, `unknown flag: ${flag}`);
  if (!existsSync(recordOf(name))) end(1, `Error: No such object: ${name}`);
  process.stdout.write(`${isAlive(readRecord(name).pid)}\n`);
}

function readRecord(name) {
  return JSON.parse(readFileSync(recordOf(name), 'utf8'));
}

function isAlive(pid) {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

async function rm([flag, name]) {
  if (flag !== '--force') end(125, `unknown flag: ${flag}`);
  if (!existsSync(recordOf(name))) end(1, `Error response from daemon: No such container: ${name}`);
  const { pid } = readRecord(name);
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {}
  while (isAlive(pid)) await pause(5);
  rmSync(recordOf(name), { force: true });
  process.stdout.write(`${name}\n`);
}

/** Options of `run` with a value, and those without. */
function parseRun(words) {
  const valued = new Set(
    'name cidfile log-driver cap-drop security-opt user userns mount workdir env entrypoint'.split(' '),
  );
  const options = {};
  let at = 0;
  for (; words[at]?.startsWith('-'); at += 1) {
    const name = words[at].slice(2);
    if (name === 'rm' || name === 'init') options[name] = ['true'];
    else if (valued.has(name)) {
      at += 1;
      options[name] = [...(options[name] ?? []), words[at]];
    } else end(125, `unknown flag: ${words[at]}`);
  }
  return { options, image: words[at], command: words.slice(at + 1) };
}

/** A line of CSV. */
function fieldsOf(line) {
  const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}

async function run(words) {
  const { options, image: name, command } = parseRun(words);
  const refuse = (code, message) =>
    end(code, `docker: ${message}\n\nRun 'docker run --help' for more information`);
  const [container] = options.name;
  const [idFile] = options.cidfile;
  if (existsSync(idFile)) refuse(125, `container ID file found, make sure the other container isn't running`);
  if (!isPulled(name)) refuse(125, `Error response from daemon: No such image: ${name}`);
  if (name.includes('broken')) refuse(125, 'Error response from daemon: no space left on device');
  if (existsSync(recordOf(container)))
    refuse(125, `Error response from daemon: Conflict: ${container} is in use`);
  const mounts = options.mount.map((line) =>
    Object.fromEntries(fieldsOf(line).map((field) => field.split(/=(.*)/s))),
  );
  for (const { source } of mounts)
    if (!existsSync(source))
      refuse(
        125,
        `Error response from daemon: invalid mount config: bind source path does not exist: ${source}`,
      );
  writeFileSync(idFile, randomBytes(32).toString('hex'));
  if (name.includes('no-shell'))
    refuse(
      127,
      'Error response from daemon: failed to create task: exec: "/bin/sh": no such file or directory',
    );

  const { source, target } = mounts.find((mount) => options.workdir[0].startsWith(mount.target));
  const child = spawn(options.entrypoint[0], command, {
    cwd: join(source, options.workdir[0].slice(target.length)),
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      ...Object.fromEntries(options.env.map((one) => one.split(/=(.*)/s))),
    },
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  writeFileSync(recordOf(container), JSON.stringify({ pid: child.pid }));
  process.on('SIGTERM', () => process.kill(child.pid, 'SIGTERM'));
  child.on('exit', (code, signal) => {
    // With the first process of a container go all others.
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {}
    rmSync(recordOf(container), { force: true });
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}
