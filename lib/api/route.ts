import type { z } from 'zod';
import type { ControlServices } from '../engine/aws/control';
import type { HttpRequest, HttpResponse } from './http';

/** What a route may be given, checked. */
export interface Given<P extends z.ZodType, Q extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly request: HttpRequest;
}

/** One operation of the API: all that its handler and its documentation need. */
export interface Route<P extends z.ZodObject = z.ZodObject, Q extends z.ZodObject = z.ZodObject> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` for a segment that is a parameter. */
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly params: P;
  readonly query: Q;
  /** Headers that are read, by name, each a text or not there. */
  readonly headers?: Readonly<Record<string, z.ZodOptional<z.ZodString>>>;
  /** Media types of the body, with its schema; none: there is no body. */
  readonly body?: { readonly required: boolean; readonly types: Readonly<Record<string, z.ZodType>> };
  /** Whoever asks signs the request instead of being known; the body is the route's to look at, after that. */
  readonly isSigned?: true;
  /** Media types of answers with their schemas, by status; besides those of refusals. */
  readonly answers: Readonly<
    Record<number, { readonly description: string; readonly types: Readonly<Record<string, z.ZodType>> }>
  >;
  /** Statuses of refusals beyond 400. */
  readonly refusals: readonly number[];
  act(services: ControlServices, given: Given<P, Q>): Promise<HttpResponse>;
}

/** Keeps the types of the parts while a table holds them all. */
export const route = <P extends z.ZodObject, Q extends z.ZodObject>(made: Route<P, Q>): Route =>
  made as unknown as Route;
