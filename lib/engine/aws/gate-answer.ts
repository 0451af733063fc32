import { type GateAnswer, type GateReturn, MAX_NOTE } from './protocol';

/** Bytes of an answer: it is a state of Step Functions, which takes 256 KiB, and a part of the call after it. */
const MAX_ANSWER = 128 * 1024;

/**
 * What a gate function answers: of the artifacts as many as fit, and how many there are besides. A gate that calls
 * its files as it likes is not to end its run.
 */
export function fittingAnswer(results: readonly GateReturn[]): GateAnswer {
  return { results: results.map((result) => fitted(result, MAX_ANSWER / results.length)) };
}

function fitted(result: GateReturn, bytes: number): GateReturn {
  const { artifacts, note } = result;
  const without = (unlisted: number) => ({
    ...result,
    artifacts: [],
    unlisted,
    note: noteOf([...(note === undefined ? [] : [note]), `${unlisted} more artifacts were stored`]),
  });
  let left = bytes - bytesOf(without(artifacts.length));
  const listed = artifacts.findIndex((path) => {
    left -= bytesOf(path) + 1;
    return left < 0;
  });
  if (listed < 0) return result;
  return { ...without(artifacts.length - listed), artifacts: artifacts.slice(0, listed) };
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** What there is to say of a gate, as one text that an answer has room for. */
export const noteOf = (notes: readonly string[]): string => notes.join('; ').slice(0, MAX_NOTE);
