import { posix } from 'node:path';
import { LOG_LIMITS } from '../../gates/capped-log';
import { parsePattern } from '../../gates/pattern';
import type { Gate } from '../../plan/plan';
import { shellQuote } from '../../repository/shell-quote';
import { RESTORE, TREE } from './source-archive';
import { ZipWriter } from './zip';

/** The output of a gate among the files of its build. */
export const LOG = 'lex-pr.log';

/** Identifier of the build's second source, that with the work tree. */
export const TREE_SOURCE = 'tree';
export const BUILDSPEC = 'buildspec.yml';
const SCRIPT = 'gate.sh';

/**
 * The first source of a build: what CodeBuild reads, and the script that it has run in the gate's image. The build
 * passes when the gate's command does.
 * @returns a ZIP archive
 */
export async function gateArchive(
  gate: Gate,
  variables: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const spec = {
    version: 0.2,
    // Short, because CodeBuild repeats it where it tells of a failure.
    phases: { build: { commands: [`/bin/sh "$CODEBUILD_SRC_DIR/${SCRIPT}"`] } },
    artifacts: { files: [LOG, ...gate.artifacts.flatMap((pattern) => patternsOf(gate.cwd, pattern))] },
  };
  const parts: Uint8Array[] = [];
  const zip = new ZipWriter((bytes) => parts.push(bytes));
  // JSON is YAML.
  await zip.add(BUILDSPEC, 0o100644, Buffer.from(JSON.stringify(spec, null, 2)));
  await zip.add(SCRIPT, 0o100644, Buffer.from(script(gate, variables)));
  await zip.end();
  return Buffer.concat(parts);
}

/**
 * Makes the work tree what the archive could not bring, runs the command in a clean environment, keeps its output and
 * the end of it for who looks at the build. `env -i` keeps back the build's credentials, which are told in variables.
 */
function script(
  { run, cwd, env, timeoutSeconds }: Gate,
  variables: Readonly<Record<string, string>>,
): string {
  const all = { CI: 'true', TERM: 'dumb', HOME: '/tmp', ...variables, ...env };
  const settings = Object.entries(all).map(([key, value]) => shellQuote(`${key}=${value}`));
  const { head, tail } = LOG_LIMITS;
  return `cd "$CODEBUILD_SRC_DIR" || exit 1
log=$PWD/${LOG}
: > "$log" || exit 1
{
  mv "$CODEBUILD_SRC_DIR_${TREE_SOURCE}/${TREE}" "$CODEBUILD_SRC_DIR_${TREE_SOURCE}/${RESTORE}" . &&
    /bin/sh ./${RESTORE} &&
    cd -- ${shellQuote(posix.join(TREE, cwd))}
} >> "$log" 2>&1 || {
  tail -n 20 "$log"
  exit 1
}
env -i PATH="$PATH" ${settings.join(' ')} /bin/sh -c -- ${shellQuote(run)} < /dev/null >> "$log" 2>&1 &
gate=$!
(
  sleep ${Math.ceil(timeoutSeconds)} &
  timer=$!
  trap 'kill $timer; exit' TERM
  wait $timer && kill -TERM $gate && sleep 2 && kill -KILL $gate
) > /dev/null 2>&1 &
watch=$!
wait $gate
code=$?
kill $watch 2> /dev/null
left=$(($(wc -c < "$log") - ${head + tail}))
if [ $left -gt 0 ]; then
  head -c ${head} "$log" > "$log.part"
  printf '\n[lex-pr: %s bytes left out]\n' $left >> "$log.part"
  tail -c ${tail} "$log" >> "$log.part"
  mv "$log.part" "$log"
fi
tail -n 100 "$log"
exit $code
`;
}

/**
 * Patterns as CodeBuild knows them that find at least what ours finds, a matching folder with all that is in it;
 * which files are kept is decided by ours.
 */
function patternsOf(cwd: string, pattern: string): string[] {
  if (parsePattern(pattern) === undefined) return [];
  // What else our patterns know is a `*` there: sets, single characters, escapes.
  const wide = pattern.replace(/\\.|\[[^\]]*\]|[?[\]]/g, '*');
  const path = posix.join(TREE, cwd, wide).replace(/\/+$/, '');
  return [path, `${path}/**/*`];
}
