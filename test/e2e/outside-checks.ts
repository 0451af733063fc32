import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Deviation, headersFor } from '../callbacks/requests';
import type { TestRepository } from '../support/repository';
import { appears } from './held-gates';

/** What the command that starts a check was told. */
export interface Asked {
  readonly id: string;
  readonly url: string;
  readonly key: string;
  readonly expires: string;
  readonly head: string;
}

/** Writes down what it is told, under the item's name, and then waits where it is held. */
const START = `f="$ASKED/\${LEX_PR_ITEM:-integration}.$LEX_PR_CALLBACK_ID"
printf '%s\\n' "$LEX_PR_CALLBACK_ID" "$LEX_PR_CALLBACK_URL" "$LEX_PR_CALLBACK_KEY" "$LEX_PR_CALLBACK_EXPIRES" > "$f.part"
git rev-parse HEAD >> "$f.part" && mv "$f.part" "$f.asked"
echo started
while [ -e "$ASKED/hold" ]; do sleep 0.02; done`;

/** A CI elsewhere: gates of `runtime: ci-service` ask it, and the test answers. */
export class OutsideChecks {
  private readonly folder: string;

  constructor(repo: TestRepository) {
    this.folder = join(repo.root, 'asked');
    mkdirSync(this.folder);
  }

  gate(more: Record<string, unknown> = {}): Record<string, unknown> {
    const env = { ASKED: this.folder };
    return { name: 'ci', runtime: 'ci-service', run: START, cache: 'off', timeoutSeconds: 60, env, ...more };
  }

  /** The commands that start checks do not end from now on. */
  hold(): void {
    writeFileSync(join(this.folder, 'hold'), '');
  }

  letGo(): void {
    rmSync(join(this.folder, 'hold'));
  }

  /** What was asked for an item so far, without an order. */
  all(item: string): Asked[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith(`${item}.`) && name.endsWith('.asked'))
      .map((name) => {
        const [id, url, key, expires, head] = readFileSync(join(this.folder, name), 'utf8').split('\n');
        return { id: id!, url: url!, key: key!, expires: expires!, head: head! };
      });
  }

  /** Resolves with what is asked for an item, once it was asked so often; the newest, by its time limit. */
  async asked(item: string, times = 1): Promise<Asked> {
    await appears(this.folder, () => this.all(item).length >= times);
    return this.all(item).sort((a, b) => (a.expires < b.expires ? 1 : -1))[0]!;
  }
}

/** Sends an answer to where it is wanted. */
export async function send(to: Asked, answer: object | string, deviation: Deviation = {}) {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const { method = 'POST' } = deviation;
  const headers = headersFor(to, body, deviation);
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const response = await fetch(to.url, { method, headers, ...(hasBody && { body }) });
  return {
    status: response.status,
    allow: response.headers.get('allow'),
    ...JSON.parse(await response.text()),
  };
}
