/**
 * A remote-write receiver on loopback that keeps what it is sent and answers as told. It speaks the
 * dialects it is told to, remote write 1.0 if not told; others it answers with 415, uncounted.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { decodeRemoteWrite2 } from '@mon/storage/protocol/remote-write-2';
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
  /** Answers 2.0 without saying what was written, as a receiver of 1.0 does. */
  hidesWritten: boolean;
  /** For all answers, while set. */
  status: number;
}

export async function startReceiver(
  t: Test,
  speaks: readonly ('1.0' | '2.0')[] = ['1.0'],
): Promise<Receiver> {
  const receiver: Receiver = {
    url: '',
    taken: [],
    metadata: [],
    headers: [],
    requests: 0,
    answers: [],
    hidesWritten: false,
    status: 204,
  };
  const { address } = await startExporter(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isSecond = /write\.v2/.test(request.headers['content-type'] ?? '');
      if (!speaks.includes(isSecond ? '2.0' : '1.0')) {
        response.writeHead(415).end('not spoken here');
        return;
      }
      receiver.requests++;
      receiver.headers.push(request.headers);
      const answer = receiver.answers.shift() ?? { status: receiver.status };
      if (answer.status < 300) {
        const { columns, metadata } = (isSecond ? decodeRemoteWrite2 : decodeRemoteWrite)(
          unpackSnappy(Buffer.concat(chunks)),
        );
        receiver.taken.push(sampleLines(columns));
        receiver.metadata.push(...metadata);
      }
      const written = isSecond &&
        !receiver.hidesWritten && { 'x-prometheus-remote-write-samples-written': '1' };
      response.writeHead(answer.status, { ...written, ...answer.headers }).end(answer.body);
    });
  });
  return Object.assign(receiver, { url: `http://${address}/api/v1/write` });
}
