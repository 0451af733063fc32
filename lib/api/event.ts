import { utf8Of } from '../plan/utf8';
import type { HttpResponse, ReceivedRequest } from './http';

/** What of an event of an HTTP API (payload format 2.0) is read. */
export interface ApiEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly stage: string;
    readonly http: { readonly method: string };
    readonly authorizer?: {
      readonly iam?: { readonly userArn?: string };
      readonly jwt?: { readonly claims?: Readonly<Record<string, string>> };
    };
  };
}

export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The request that an event stands for. Of a parameter that is given more than once the last counts. */
export function requestOf(event: ApiEvent): ReceivedRequest {
  const { rawPath, rawQueryString, requestContext, body = '', isBase64Encoded } = event;
  const { stage, http, authorizer } = requestContext;
  const prefix = stage === '$default' ? '' : `/${stage}`;
  return {
    method: http.method,
    path: rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath,
    query: Object.fromEntries(new URLSearchParams(rawQueryString)),
    headers: Object.fromEntries(
      Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: isBase64Encoded ? utf8Of(Buffer.from(body, 'base64')) : body,
    caller: authorizer?.iam?.userArn ?? authorizer?.jwt?.claims?.sub,
  };
}

export const answerOf = ({ status, headers, body }: HttpResponse): ApiAnswer => ({
  statusCode: status,
  headers,
  body,
});
