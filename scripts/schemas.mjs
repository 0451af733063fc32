// Writes docs/schemas/ from the zod schemas: plans, reports, the HTTP API.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, root } from './bundle.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'lex-pr-schemas-'));
try {
  const contents = [
    "export { planJsonSchema } from './lib/plan/json-schema';",
    "export { reportJsonSchema } from './lib/report/report';",
    "export { openApi } from './lib/api/openapi';",
  ].join('\n');
  const files = await bundle({ stdin: { contents, resolveDir: root }, sourcemap: false });
  const file = join(folder, 'schemas.mjs');
  writeFileSync(file, files[0].contents);
  const { planJsonSchema, reportJsonSchema, openApi } = await import(file);
  const write = (name, schema) =>
    writeFileSync(join(root, 'docs/schemas', name), `${JSON.stringify(schema, null, 2)}\n`);
  write('plan.schema.json', planJsonSchema());
  write('report.schema.json', reportJsonSchema());
  write('openapi.json', openApi(version));
} finally {
  rmSync(folder, { recursive: true });
}
