import type { z } from 'zod';
import type { Problem } from './errors';
import { issueWords } from './issue-words';

/**
 * What is wrong with a part of a request, in the words that plans are refused with.
 * @param where the part: `body`, `query`, `header.Accept`; empty where the request has one part only
 * @param known the fields that it has
 */
export const requestProblems = (error: z.ZodError, where: string, known: readonly string[] = []): Problem[] =>
  error.issues.flatMap((issue): Problem[] => {
    const at = (...more: readonly PropertyKey[]) =>
      [where, ...issue.path, ...more]
        .map(String)
        .filter((step) => step !== '')
        .join('.');
    const code = 'bad-request';
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        code,
        message: `unknown key ${JSON.stringify(key)}`,
        path: at(key),
        hint: known.length === 0 ? 'remove it' : `known here: ${known.join(', ')}`,
      }));
    if (issue.code === 'invalid_value')
      return [
        {
          code,
          message: 'this is not a value for it, or there is none',
          path: at(),
          hint: `one of: ${issue.values.map(String).join(', ')}`,
        },
      ];
    return [{ code, message: issueWords(issue), path: at() }];
  });
