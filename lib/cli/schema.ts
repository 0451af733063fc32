import type { Writable } from 'node:stream';
import { planJsonSchema } from '../plan/json-schema';

/** `lex-pr schema`: prints the JSON Schema of a plan; returns the exit code. */
export function schemaCommand({ stdout }: { readonly stdout: Writable }): number {
  stdout.write(`${JSON.stringify(planJsonSchema(), null, 2)}\n`);
  return 0;
}
