import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  CreateApiDestinationCommand,
  CreateConnectionCommand,
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { eventBridge } from '../../lib/aws/event-bridge';
import { CHECK_EVENT } from '../../lib/engine/aws/event-bus';
import type { CheckDocument, CheckRequest } from '../../lib/engine/aws/request-check';
import type { RunEvent } from '../../lib/run/messages';
import { type Deviation, headersFor } from '../callbacks/requests';
import {
  control,
  followUntil,
  hostedRepositories,
  outcomeOf,
  reportFile,
  reportOf,
  stack,
  submit,
} from './cloud';

const hosted = hostedRepositories();

/** A CI service: a rule on the bus of the stack sends it what is to be checked, by an API destination. */
let service: Server;
let asked: CheckRequest[];
let onAsked: () => void;
const NAME = `lex-pr-test-${process.pid}`;
beforeAll(async () => {
  service = createServer(async (incoming, outgoing) => {
    const { event_type, client_payload } = JSON.parse(await textOf(incoming));
    outgoing.writeHead(204).end();
    if (event_type !== 'lex-pr') throw new Error(`not what the rule makes of it: ${event_type}`);
    asked.push(client_payload.check);
    onAsked();
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const { port } = service.address() as AddressInfo;
  const bus = { EventBusName: stack().CheckBusName! };
  const { ConnectionArn } = await eventBridge().send(
    new CreateConnectionCommand({
      Name: NAME,
      AuthorizationType: 'API_KEY',
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'Authorization', ApiKeyValue: 'Bearer x' } },
    }),
  );
  const { ApiDestinationArn } = await eventBridge().send(
    new CreateApiDestinationCommand({
      Name: NAME,
      ConnectionArn,
      HttpMethod: 'POST',
      InvocationEndpoint: `http://127.0.0.1:${port}/dispatches`,
    }),
  );
  const EventPattern = JSON.stringify({
    source: [CHECK_EVENT.source],
    'detail-type': [CHECK_EVENT.detailType],
  });
  await eventBridge().send(new PutRuleCommand({ Name: NAME, ...bus, EventPattern }));
  const InputTransformer = {
    InputPathsMap: { check: '$.detail' },
    InputTemplate: '{"event_type": "lex-pr", "client_payload": {"check": <check>}}',
  };
  await eventBridge().send(
    new PutTargetsCommand({
      Rule: NAME,
      ...bus,
      Targets: [
        {
          Id: 'ci',
          Arn: ApiDestinationArn,
          RoleArn: 'arn:aws:iam::000000000000:role/events',
          InputTransformer,
        },
      ],
    }),
  );
});
afterAll(async () => {
  const bus = { EventBusName: stack().CheckBusName! };
  await eventBridge().send(new RemoveTargetsCommand({ Rule: NAME, ...bus, Ids: ['ci'] }));
  await eventBridge().send(new DeleteRuleCommand({ Name: NAME, ...bus }));
  await new Promise((resolve) => service.close(resolve));
});
beforeEach(() => {
  asked = [];
  onAsked = () => {};
});

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Resolves with the request for the check of an item of a run, once it is there. */
function requestFor(run: string, item: string | null, attempt = 1): Promise<CheckRequest> {
  return new Promise((resolve) => {
    onAsked = () => {
      const all = asked.filter((check) => check.run === run && check.item === item);
      if (all.length >= attempt) resolve(all[attempt - 1]!);
    };
    onAsked();
  });
}

/** Sends an answer to the API, as anybody can who knows the URL. */
async function send({ callback }: CheckRequest, answer: object | string, deviation: Deviation = {}) {
  const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
  const { host, port, pathname: path } = new URL(callback.url);
  const { method = 'POST' } = deviation;
  const headers = { ...headersFor(callback, body, deviation), host };
  // The name of the API means nothing to this machine.
  const sent = request({ host: '127.0.0.1', port, path, method, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, text: await textOf(response) };
}

const CHECK = {
  name: 'ci',
  runtime: 'ci-service',
  run: 'pipeline test',
  timeoutSeconds: 3_000,
  cache: 'off',
};
const policy = { integration: 'none' };
const started = (events: readonly RunEvent[]) => events.some(({ event }) => event === 'start');

it('checks are asked for by events, and their answers decide', async () => {
  const { repo, server } = await hosted((made) => made.branches([{ name: 'a' }, { name: 'b' }]));
  const plan = { items: [{ name: 'a' }, { name: 'b' }], gates: [CHECK], policy };
  const run = await submit({ repo, server }, plan);
  const [a, b] = [await requestFor(run, 'a'), await requestFor(run, 'b')];
  expect(a).toMatchObject({ gate: 'ci', target: 'main', repository: server.url });
  const document = (await (await fetch(a.document)).json()) as CheckDocument;
  expect(document).toMatchObject({ item: 'a', commit: a.commit, gate: { run: 'pipeline test' } });
  // What is to be tested can be had with these URLs alone.
  for (const url of document.bundles) {
    const bundle = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(bundle.subarray(0, 7).toString()).toBe('# v2 gi');
  }
  expect((await send(a, { status: 'pass', log: 'fine', url: 'https://ci.example/1' })).status).toBe(200);
  expect((await send(b, { status: 'fail', exitCode: 2, log: 'broken' })).status).toBe(200);
  const report = await reportOf(run, plan);
  expect(outcomeOf(report)).toEqual({ a: 'merged', b: 'failed: gate-failed' });
  const [passed, failed] = report.items.map(({ gates }) => gates[0]!);
  expect(passed).toMatchObject({ status: 'pass', exitCode: 0, note: 'see https://ci.example/1' });
  expect(failed).toMatchObject({ status: 'fail', exitCode: 2, attempts: 1 });
  expect(await reportFile(run, failed!.log!)).toBe('[lex-pr: answer: fail: exit code 2]\nbroken\n');
  expect((await send(b, { status: 'fail', exitCode: 2, log: 'broken' })).status).toBe(200);
  expect((await send(b, { status: 'pass' })).status).toBe(409);
});

it('what is no valid answer gets told so and changes nothing', async () => {
  const { repo, server } = await hosted((made) => made.branches([{ name: 'a' }]));
  const plan = { items: [{ name: 'a' }], gates: [CHECK], policy };
  const run = await submit({ repo, server }, plan);
  const wanted = await requestFor(run, 'a');
  const pass = { status: 'pass' };
  const statusOf = async (...args: Parameters<typeof send>) => (await send(...args)).status;
  expect(await statusOf(wanted, pass, { key: 'wrong' })).toBe(401);
  expect(await statusOf(wanted, pass, { at: Date.now() - 400_000 })).toBe(401);
  expect(await statusOf(wanted, pass, { type: 'text/plain' })).toBe(415);
  expect(await statusOf(wanted, { ...pass, log: 'x'.repeat(2 ** 20) })).toBe(413);
  expect(await statusOf(wanted, {})).toBe(400);
  const { id } = wanted.callback;
  const other = {
    ...wanted,
    callback: { ...wanted.callback, id: `${id.slice(0, -1)}${id.endsWith('0') ? 1 : 0}` },
  };
  expect(await statusOf(other, pass)).toBe(401);
  // The gateway knows this path by this method only; who asks otherwise has to be somebody.
  expect([401, 403, 405]).toContain(await statusOf(wanted, pass, { method: 'PUT' }));
  await send(wanted, { status: 'fail' });
  expect(outcomeOf(await reportOf(run, plan))).toEqual({ a: 'failed: gate-failed' });
});

it('a check that is not answered in time has timed out', async () => {
  const { repo, server } = await hosted((made) => made.branches([{ name: 'a' }]));
  const plan = { items: [{ name: 'a' }], gates: [{ ...CHECK, timeoutSeconds: 5 }], policy };
  const run = await submit({ repo, server }, plan);
  const wanted = await requestFor(run, 'a');
  const report = await reportOf(run, plan);
  expect(report.items[0]!.gates).toMatchObject([{ status: 'timeout', note: 'no answer within 5 s' }]);
  expect((await send(wanted, { status: 'pass' })).status).toBe(410);
});

it('a cancelled run does not wait for its checks', async () => {
  const { repo, server } = await hosted((made) => made.branches([{ name: 'a' }]));
  const plan = { items: [{ name: 'a' }], gates: [CHECK], policy };
  const run = await submit({ repo, server }, plan);
  const wanted = await requestFor(run, 'a');
  await followUntil(run, (_, events) => started(events));
  expect(await control({ action: 'cancel', run, why: 'of the test' })).toMatchObject({ result: 'cancelled' });
  expect(outcomeOf(await reportOf(run, plan))).toEqual({ a: 'cancelled' });
  expect((await send(wanted, { status: 'pass' })).status).toBe(410);
});
