import type { InvokeCommandOutput } from '@aws-sdk/client-lambda';
import type { ControlServices } from './control';

/** Stops a run through the merge function, the only one that can move the fence. */
export function invokeStop(
  invoke: (payload: string) => Promise<InvokeCommandOutput>,
): ControlServices['stop'] {
  return async (run, why) => {
    const { FunctionError, Payload } = await invoke(JSON.stringify({ cancel: run, why }));
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError !== undefined) throw new Error(`the run could not be stopped: ${text}`);
    return JSON.parse(text);
  };
}
