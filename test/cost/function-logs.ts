import { setTimeout as pause } from 'node:timers/promises';
import type { Measured } from './fit';

/** What the emulator has logged of the calls of functions. */
export interface FunctionLogs {
  /** Calls that have been reported since the last time this was asked. */
  take(): Promise<Measured['functions']>;
}

/** @param url of the emulator */
export function openFunctionLogs(url: string): FunctionLogs {
  const seen = new Set<string>();
  const ask = async (operation: string, body: object) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${operation}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request',
    };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${operation}: ${await answer.text()}`);
    // biome-ignore lint/suspicious/noExplicitAny: whatever the operation answers.
    return (await answer.json()) as any;
  };

  async function reports(logGroupName: string): Promise<number[]> {
    const taken: number[] = [];
    for (let nextToken: string | undefined; ; ) {
      const page = await ask('FilterLogEvents', { logGroupName, ...(nextToken && { nextToken }) });
      for (const { message } of page.events) {
        const [, id, ms] = /^REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms/.exec(message) ?? [];
        if (id === undefined || seen.has(id)) continue;
        seen.add(id);
        taken.push(Number(ms) / 1000);
      }
      nextToken = page.nextToken;
      if (nextToken === undefined) return taken;
    }
  }

  return {
    async take() {
      // A call is reported a little after it has answered its token.
      await pause(1_000);
      const { logGroups } = await ask('DescribeLogGroups', {});
      const found: Record<string, { calls: number; seconds: number }> = {};
      for (const { logGroupName } of logGroups as { logGroupName: string }[]) {
        const [, name] = /Functions(\w+?)Logs/.exec(logGroupName) ?? [];
        const taken = name === undefined ? [] : (await reports(logGroupName)).sort((a, b) => a - b);
        if (taken.length > 0)
          found[name!.toLowerCase()] = {
            calls: taken.length,
            seconds: taken[Math.floor(taken.length / 10)]!,
          };
      }
      return found;
    },
  };
}
