/**
 * A loopback server that answers `mon`'s API calls from a table and keeps what it was asked.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Of the URL and of a form body. */
  readonly parameters: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  /** Sent as JSON; a string as it is. */
  readonly body: unknown;
  /** Leaves the request without an answer. */
  readonly isSilent?: boolean;
}

export interface FakeApi {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** Answers by `METHOD path`; what is not in the table is 404. */
export async function startFakeApi(
  routes: Readonly<Record<string, (asked: Asked) => FakeAnswer>>,
): Promise<FakeApi> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const url = new URL(request.url ?? '/', 'http://fake');
    const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded';
    const parameters = new URLSearchParams([
      ...url.searchParams,
      ...(isForm ? new URLSearchParams(body) : []),
    ]);
    const method = request.method ?? '';
    const one = { method, path: url.pathname, parameters, headers: request.headers, body };
    asked.push(one);
    const route = routes[`${method} ${url.pathname}`];
    const answer: FakeAnswer = route?.(one) ?? { status: 404, body: 'not found' };
    if (answer.isSilent) return;
    response.statusCode = answer.status ?? 200;
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The envelope of a successful answer. */
export function success(data: unknown, remarks: object = {}): FakeAnswer {
  return { body: { status: 'success', data, ...remarks } };
}

/** The envelope of a refusal. */
export function failure(status: number, error: string, fields: object = {}): FakeAnswer {
  return { status, body: { status: 'error', errorType: 'bad_data', error, ...fields } };
}
