/**
 * A remote-write receiver on loopback that keeps what it is sent and answers as told.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { unpackSnappy } from '@mon/storage/protocol/snappy';
import type { Test } from 'tap';
import { startExporter } from './exporter.ts';
import { sampleLines } from './sample-lines.ts';

export interface Receiver {
  readonly url: string;
  /** Lines of each request that was answered with 2xx. */
  readonly taken: string[][];
  readonly metadata: MetricMetadata[];
  readonly headers: IncomingHttpHeaders[];
  /** Requests that came, whatever the answer. */
  requests: number;
  /** Status and headers of the next answers; 204 if empty. */
  readonly answers: { status: number; headers?: Record<string, string>; body?: string }[];
  /** For all answers, while set. */
  status: number;
}

export async function startReceiver(t: Test): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    taken: [],
    metadata: [],
    headers: [],
    requests: 0,
    answers: [],
    status: 204,
  };
  const { address } = await startExporter(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      receiver.requests++;
      receiver.headers.push(request.headers);
      const answer = receiver.answers.shift() ?? { status: receiver.status };
      if (answer.status < 300) {
        const { columns, metadata } = decodeRemoteWrite(unpackSnappy(Buffer.concat(chunks)));
        receiver.taken.push(sampleLines(columns));
        receiver.metadata.push(...metadata);
      }
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  return Object.assign(receiver, { url: `http://${address}/api/v1/write` });
}
