import * as z from 'zod';
import type { Route } from './route';
import { ROUTES } from './routes';
import { Errors } from './schemas';

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request is wrong; everything that is wrong with it.',
  401: 'Not signed as it has to be.',
  403: 'Not allowed; the body is the API gateway’s.',
  404: 'There is no such thing.',
  405: 'Not with this method.',
  406: 'Not in this form.',
  409: 'Not in the state that it is in.',
  410: 'Too late.',
  413: 'Too long.',
  415: 'Not of this media type.',
  422: 'The Idempotency-Key was used for something else.',
};

/** The OpenAPI document (3.1) of the API, made of its routes. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES) {
    paths[route.path] ??= {};
    paths[route.path]![route.method.toLowerCase()] = operation(route);
  }
  const schemas: Record<string, unknown> = {};
  return {
    openapi: '3.1.0',
    info: {
      title: 'lex-pr',
      version,
      description: 'Starts, follows and cancels runs of merge pyramids. Requests are signed with SigV4.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: withNames(paths, schemas),
    components: {
      schemas,
      securitySchemes: {
        iam: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
    },
    security: [{ iam: [] }],
  };
}

/** Moves what has a name out of the schemas it stands in, to where an OpenAPI document has it once. */
function withNames(node: unknown, schemas: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((inner) => withNames(inner, schemas));
  if (typeof node !== 'object' || node === null) return node;
  const { $defs = {}, ...rest } = node as { readonly $defs?: Readonly<Record<string, unknown>> };
  for (const [name, schema] of Object.entries($defs)) {
    const { id: _, ...named } = schema as { readonly id?: string };
    schemas[name] ??= withNames(named, schemas);
  }
  return Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => [
      key,
      key === '$ref' ? String(inner).replace('#/$defs/', '#/components/schemas/') : withNames(inner, schemas),
    ]),
  );
}

function operation({ id, summary, params, query, headers = {}, body, isSigned, ...route }: Route): object {
  const { answers, refusals } = route;
  return {
    operationId: id,
    summary,
    ...(isSigned && { security: [] }),
    parameters: [
      ...parameters('path', params.shape, true),
      ...parameters('query', query.shape, false),
      ...parameters('header', headers, false),
    ],
    ...(body && { requestBody: { required: body.required, content: content(body.types, 'input') } }),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, { description, types }]) => [
        status,
        { description, content: content(types, 'output') },
      ]),
      ...[400, 405, ...refusals].map((status) => [
        status,
        { description: REFUSALS[status], content: content({ 'application/json': Errors }, 'output') },
      ]),
    ]),
  };
}

function parameters(
  place: 'path' | 'query' | 'header',
  types: Readonly<Record<string, z.core.$ZodType>>,
  required: boolean,
): object[] {
  return Object.entries(types).map(([name, type]) => {
    const { description, ...schema } = schemaOf(type as z.ZodType, 'input') as { description?: string };
    return { in: place, name, required, ...(description && { description }), schema };
  });
}

const content = (types: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') =>
  Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema: schemaOf(schema, io) }]));

function schemaOf(type: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...schema } = z.toJSONSchema(type, { io, reused: 'inline', target: 'draft-2020-12' });
  return schema;
}
