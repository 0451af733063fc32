// Writes docs/schemas/ from the zod schemas.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: {
    contents:
      "export { planJsonSchema } from './lib/plan/json-schema'; export { reportJsonSchema } from './lib/report/report';" +
      "export { openApi } from './lib/api/openapi';",
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(outputFiles[0].text).toString('base64');
const { planJsonSchema, reportJsonSchema, openApi } = await import(`data:text/javascript;base64,${code}`);
for (const [name, schema] of [
  ['plan', planJsonSchema()],
  ['report', reportJsonSchema()],
  ['openapi', openApi(version)],
]) {
  writeFileSync(
    `${root}/docs/schemas/${name === 'openapi' ? name : `${name}.schema`}.json`,
    `${JSON.stringify(schema, null, 2)}\n`,
  );
}
