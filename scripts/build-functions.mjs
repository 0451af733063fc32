// Bundles every function of lambdas/ into dist/functions/<name>/index.mjs, SDK included, and the CDK app and construct
// beside them.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundle, place, root } from './bundle.mjs';

const names = readdirSync(join(root, 'lambdas')).map((file) => basename(file, '.ts'));
const functions = bundle({
  entryPoints: Object.fromEntries(names.map((name) => [`functions/${name}/index`, `lambdas/${name}.ts`])),
  target: 'node24',
  minify: true,
  keepNames: true,
  // Of the ES modules of the AWS SDK only what is used gets into a bundle, and is loaded at a cold start.
  mainFields: ['module', 'main'],
  // Stack traces need only names and lines; the sources would be four fifths of what is deployed.
  sourcesContent: false,
});
const cdk = bundle({
  entryPoints: { app: 'bin/app.ts', cdk: 'lib/infra/index.ts' },
  target: 'node22',
  external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
});

for (const file of [...(await functions), ...(await cdk)]) place(file);
const docker = join(root, 'lib/infra/docker');
for (const name of readdirSync(docker))
  place({ path: join(root, 'dist/functions', name), contents: readFileSync(join(docker, name)) });
