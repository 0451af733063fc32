// Writes docs/schemas/ from the zod schemas.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const { outputFiles } = await build({
  absWorkingDir: root,
  stdin: {
    contents:
      "export { planJsonSchema } from './lib/plan/json-schema'; export { reportJsonSchema } from './lib/report/report';",
    resolveDir: root,
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
});
const code = Buffer.from(outputFiles[0].text).toString('base64');
const { planJsonSchema, reportJsonSchema } = await import(`data:text/javascript;base64,${code}`);
for (const [name, schema] of [
  ['plan', planJsonSchema()],
  ['report', reportJsonSchema()],
]) {
  writeFileSync(`${root}/docs/schemas/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
