/**
 * A loopback server that answers instant queries from a script and keeps what it was asked.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface AskedQuery {
  readonly query: string;
  readonly time: number;
  readonly headers: IncomingHttpHeaders;
}

export interface QueryServer {
  readonly url: string;
  readonly asked: readonly AskedQuery[];
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly body: string;
}

/** An instant query's answer with so many series. */
export function vector(count: number): ScriptedAnswer {
  const result = Array.from({ length: count }, () => ({ metric: {}, value: [1, '1'] }));
  return { body: JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }) };
}

/** @param answer by the number of the question, from 0 */
export async function queryServer(
  t: Test,
  answer: (index: number) => ScriptedAnswer,
): Promise<QueryServer> {
  const asked: AskedQuery[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const form = new URLSearchParams(body);
    const { status = 200, body: text } = answer(asked.length);
    const time = Number(form.get('time'));
    asked.push({ query: form.get('query') ?? '', time, headers: request.headers });
    response.writeHead(request.url === '/api/v1/query' ? status : 404).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked };
}
