import type { InvokeCommandOutput } from '@aws-sdk/client-lambda';
import type { ControlServices } from './control';
import type { GiveUpServices } from './give-up';

/** What is asked of the merge function from outside of a lane: it is the only one that can move the fence. */
export function invokeMerge(
  invoke: (payload: string) => Promise<InvokeCommandOutput>,
): Pick<ControlServices, 'stop'> & Pick<GiveUpServices, 'merge'> {
  return {
    async stop(run, why) {
      const { FunctionError, Payload } = await invoke(JSON.stringify({ cancel: run, why }));
      const text = Buffer.from(Payload ?? []).toString();
      if (FunctionError !== undefined) throw new Error(`the run could not be stopped: ${text}`);
      return JSON.parse(text);
    },
    async merge(call) {
      const { FunctionError, Payload } = await invoke(JSON.stringify(call));
      if (FunctionError === undefined) return undefined;
      const text = Buffer.from(Payload ?? []).toString();
      return (JSON.parse(text) as { errorMessage?: string }).errorMessage ?? text;
    },
  };
}
