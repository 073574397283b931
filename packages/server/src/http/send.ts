/**
 * Sends an answer: whole where it is small, piece by piece where it is not, compressed where the
 * client takes gzip and it pays.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { HttpAnswer } from './route.ts';

/** Answers below are not worth compressing. */
export const GZIP_BYTES_MIN = 4096;

/** An iterable's pieces are gathered to about so much text before they are written. */
export const PIECE_LENGTH = 64 * 1024;

/** Compression must not cost more than the query; level 1 halves JSON several times over already. */
const GZIP_LEVEL = 1;

/** After so many pieces in a row other requests get a turn. */
const PIECES_PER_TURN = 4;

const compress = promisify(gzip);

export interface Exchange {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

/** Resolves when the answer is handed to the socket, or the client is gone. */
export async function sendAnswer(answer: HttpAnswer, exchange: Exchange): Promise<void> {
  const { response, message } = exchange;
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  const { body } = answer;
  if (body === undefined) response.end();
  else if (typeof body === 'string') await sendWhole(Buffer.from(body), exchange);
  else if (body instanceof Uint8Array) await sendWhole(body, exchange);
  else if (message.method === 'HEAD') response.end();
  else if (Symbol.asyncIterator in body) await sendBytes(body, response);
  else await sendPieces(gather(body), exchange);
}

async function sendWhole(bytes: Uint8Array, { message, response }: Exchange): Promise<void> {
  let sent = bytes;
  if (bytes.length >= GZIP_BYTES_MIN && takesGzip(message)) {
    sent = await compress(bytes, { level: GZIP_LEVEL });
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'Accept-Encoding');
  }
  response.setHeader('content-length', sent.length);
  response.end(message.method === 'HEAD' ? undefined : sent);
}

async function sendPieces(pieces: Iterator<string, undefined>, exchange: Exchange): Promise<void> {
  const first = pieces.next();
  let next = first.done ? first : pieces.next();
  if (next.done) {
    await sendWhole(Buffer.from(first.value ?? ''), exchange);
    return;
  }
  const { message, response } = exchange;
  let sink: Writable = response;
  if (takesGzip(message)) {
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'Accept-Encoding');
    const compressor = createGzip({ level: GZIP_LEVEL });
    compressor.pipe(response);
    sink = compressor;
  }
  sink.write(first.value);
  for (let count = 0; !next.done; next = pieces.next(), count++) {
    if (response.destroyed) {
      sink.destroy();
      return;
    }
    if (!sink.write(next.value)) await drained(sink, response);
    else if (count % PIECES_PER_TURN === 0) await turn();
  }
  sink.end();
}

/** A fault on the way is for the caller to cut the connection: this is not the whole answer. */
async function sendBytes(pieces: AsyncIterable<Uint8Array>, response: ServerResponse) {
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response, response);
  }
  response.end();
}

/** Waits until the sink takes more, or the client is gone. */
async function drained(sink: Writable, response: ServerResponse): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([
      once(sink, 'drain', { signal: over.signal }),
      once(response, 'close', { signal: over.signal }),
    ]);
  } finally {
    over.abort();
  }
}

function* gather(pieces: Iterable<string>): Generator<string, undefined> {
  let text = '';
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE_LENGTH) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
  return undefined;
}

function takesGzip(message: IncomingMessage): boolean {
  const accepted = message.headers['accept-encoding'];
  return typeof accepted === 'string' && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(accepted);
}
