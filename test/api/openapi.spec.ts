import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openApi } from '../../lib/api/openapi';
import { ROUTES } from '../../lib/api/routes';
import { version } from '../../package.json';

const root = join(__dirname, '../..');
const document = JSON.parse(JSON.stringify(openApi(version)));

describe('the OpenAPI document', () => {
  it('is committed as it is now (npm run schemas)', () => {
    const committed = readFileSync(join(root, 'docs/schemas/openapi.json'), 'utf8');
    expect(committed).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  it('has every operation, under a name of its own', () => {
    const operations = Object.entries<Record<string, { operationId: string }>>(document.paths).flatMap(
      ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
    expect(new Set(ROUTES.map(({ id }) => id)).size).toBe(ROUTES.length);
  });

  it('says of each path which parameters are in it', () => {
    for (const { path, params } of ROUTES)
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(Object.keys(params.shape));
  });

  it('is told in docs/api.md, operation by operation', () => {
    const text = readFileSync(join(root, 'docs/api.md'), 'utf8');
    const told = [...text.matchAll(/^### `(GET|POST|DELETE) ([^`]+)`$/gm)].map(
      ([, method, path]) => `${method} ${path}`,
    );
    expect(told.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });
});
