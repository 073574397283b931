/**
 * An HTTP server on a free port of loopback that answers as a test tells it to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Exporter {
  readonly address: string;
  readonly requests: IncomingMessage[];
  answer: Answer;
}

/** A plain exposition answer. */
export function text(body: string, contentType = 'text/plain; version=0.0.4'): Answer {
  return (_, response) => response.writeHead(200, { 'content-type': contentType }).end(body);
}

export async function startExporter(t: Test, answer: Answer): Promise<Exporter> {
  const server = createServer((request, response) => {
    exporter.requests.push(request);
    exporter.answer(request, response);
  });
  const exporter: Exporter = { address: '', requests: [], answer };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(exporter, { address: `127.0.0.1:${port}` });
}
