import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../bundle.mjs';

/** A copy of the work tree as it is, with what is not committed yet, in a temporary folder. */
export function makeScratch() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lex-pr-mutants-')));
  // Some tests are another user.
  chmodSync(folder, 0o755);
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  for (const path of listed.toString().split('\0').filter(Boolean)) {
    // Deleted, and that not committed yet.
    if (!existsSync(join(root, path))) continue;
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    cpSync(join(root, path), join(folder, path));
  }
  // Nothing writes there, and a link is made and gone at once.
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'));
  return {
    root: folder,
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
    /** @returns what takes the mutation back */
    mutate({ file, find, replace }) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
      return () => writeFileSync(path, text);
    },
  };
}
