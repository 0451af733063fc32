import type { Problem } from '../errors';

/** A request, whatever carried it. */
export interface HttpRequest {
  /** In capitals. */
  readonly method: string;
  /** Without the query; segments are still percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Who asks, as the authoriser has found out. */
  readonly caller: string | undefined;
}

/** A request as it comes; its body is undefined where it is not UTF-8. */
export type ReceivedRequest = Omit<HttpRequest, 'body'> & { readonly body: string | undefined };

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: `${JSON.stringify(value)}\n`,
});

/** A refusal, as the command line prints it with `--json`. */
export const refusal = (
  status: number,
  errors: readonly Problem[],
  headers: Readonly<Record<string, string>> = {},
): HttpResponse => json(status, { errors }, headers);
