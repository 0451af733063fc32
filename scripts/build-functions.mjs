// Bundles every function of lambdas/ into dist/functions/<name>/index.mjs, SDK included, and the CDK app and construct
// beside them.
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const common = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  sourcemap: 'linked',
  outExtension: { '.js': '.mjs' },
  // CommonJS dependencies call require for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  define: { LEX_PR_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

const names = readdirSync(join(root, 'lambdas')).map((file) => basename(file, '.ts'));
const functions = await build({
  ...common,
  entryPoints: Object.fromEntries(names.map((name) => [`functions/${name}/index`, `lambdas/${name}.ts`])),
  outdir: 'dist',
  target: 'node24',
  minify: true,
  keepNames: true,
});
const cdk = await build({
  ...common,
  entryPoints: { app: 'bin/app.ts', cdk: 'lib/infra/index.ts' },
  outdir: 'dist',
  target: 'node22',
  external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'cdk-nag', 'constructs'],
});

// A synth or a test may be reading dist/: each file is replaced whole.
for (const { path, contents } of [...functions.outputFiles, ...cdk.outputFiles]) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
cpSync(join(root, 'lib/infra/docker'), join(root, 'dist/functions'), { recursive: true });
