// The part of an image's runtime that this project depends on: loads the handler and hands it one call after another.
// AWS's own client (aws-lambda-ric) is native code that is compiled when it is installed.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, _HANDLER } = process.env;
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

async function post(path, value) {
  const answer = await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(value ?? null) });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
}

const described = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

function runtimeError(name, message) {
  return Object.assign(new Error(message), { name: `Runtime.${name}` });
}

async function load() {
  const [file, name] = _HANDLER.split('.');
  const { [name]: handler } = await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href);
  if (typeof handler !== 'function')
    throw runtimeError('HandlerNotFound', `${_HANDLER} is undefined or not exported`);
  // A third parameter would be a callback, which this version of Node.js has none for.
  if (handler.length > 2) throw runtimeError('CallbackHandlerDeprecated', `${_HANDLER} takes a callback`);
  return handler;
}

const handler = await load().catch(async (error) => {
  await post('init/error', described(error));
  process.exit(1);
});
for (;;) {
  const call = await fetch(`${api}/invocation/next`);
  const header = (name) => call.headers.get(`lambda-runtime-${name}`);
  const id = header('aws-request-id');
  const context = {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    invokedFunctionArn: header('invoked-function-arn'),
    getRemainingTimeInMillis: () => Number(header('deadline-ms')) - Date.now(),
  };
  const event = await call.json();
  try {
    const value = await handler(event, context);
    await post(`invocation/${id}/response`, value);
  } catch (error) {
    await post(`invocation/${id}/error`, described(error));
  }
}
