/**
 * Reading a request's body: once, bounded before and after decompression.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { MonError, reasonOf } from '@mon/storage/model/error';

/** How much of a refused body is read and thrown away, so that the client gets to see the answer. */
export const DISCARD_BYTES_MAX = 64 * 1024 * 1024;

/** Where a body is read to without a copy. */
export interface BodyRoom {
  readonly bytes: Uint8Array;
  release(): void;
}

const DECODERS = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

export class RequestBody {
  readonly #message: IncomingMessage;
  readonly #bytesMax: number;
  #isTaken = false;

  constructor(message: IncomingMessage, bytesMax: number) {
    this.#message = message;
    this.#bytesMax = bytesMax;
  }

  /**
   * The bytes as sent. The caller owns them; their buffer is theirs alone.
   *
   * @throws MonError `body-too-large`, `body-aborted`
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    this.#isTaken = true;
    const length = this.#announcedLength();
    if (length === undefined) return this.#unannounced();
    // Its own buffer, not a slice of a pool: it may be transferred to a worker.
    const bytes = Buffer.allocUnsafeSlow(length) as Buffer & Uint8Array<ArrayBuffer>;
    await this.#readInto(bytes);
    return bytes;
  }

  /**
   * Reads the bytes as sent into room that `find` has for them, or into a buffer of their own where
   * it has none. The room is given back if that fails.
   *
   * @throws MonError `body-too-large`, `body-aborted`
   */
  async into<Room extends BodyRoom>(
    find: (bytes: number) => Room | undefined,
  ): Promise<Room | Uint8Array<ArrayBuffer>> {
    const length = this.#announcedLength();
    const room = length === undefined ? undefined : find(length);
    if (room === undefined) return this.bytes();
    this.#isTaken = true;
    try {
      await this.#readInto(room.bytes);
      return room;
    } catch (refusal) {
      room.release();
      throw refusal;
    }
  }

  #announcedLength(): number | undefined {
    const announced = this.#message.headers['content-length'];
    if (announced === undefined) return undefined;
    const length = Number(announced);
    if (length > this.#bytesMax) throw tooLarge(length, this.#bytesMax);
    return length;
  }

  /**
   * The bytes with `Content-Encoding` undone.
   *
   * @throws MonError `body-too-large`, `body-aborted`, `bad-encoding`
   */
  async decoded(): Promise<Uint8Array> {
    const bytes = await this.bytes();
    const encoding = (this.#message.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (encoding === 'identity' || encoding === '') return bytes;
    if (!Object.hasOwn(DECODERS, encoding)) throw unknownEncoding(encoding);
    const decode = DECODERS[encoding as keyof typeof DECODERS];
    try {
      return await decode(bytes, { maxOutputLength: this.#bytesMax });
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(undefined, this.#bytesMax);
      throw new MonError({
        code: 'bad-encoding',
        what: `Cannot decompress the body as ${encoding}`,
        why: reasonOf(cause),
        mend: 'Compress the body as its Content-Encoding header says, or leave the header out.',
        cause,
      });
    }
  }

  /** The decoded bytes as UTF-8. */
  async text(): Promise<string> {
    const bytes = await this.decoded();
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (cause) {
      throw new MonError({
        code: 'bad-encoding',
        what: 'Cannot read the body as text',
        why: 'it is not valid UTF-8',
        mend: 'Send the body encoded in UTF-8.',
        cause,
      });
    }
  }

  /** Reads away what nobody asked for, up to a bound. */
  async discard(): Promise<void> {
    const message = this.#message;
    if (message.complete || message.destroyed) return;
    if (this.#isTaken) message.removeAllListeners('data');
    let rest = DISCARD_BYTES_MAX;
    await new Promise<void>((resolve) => {
      message.on('data', (piece: Buffer) => {
        rest -= piece.length;
        if (rest < 0) resolve();
      });
      for (const event of ['end', 'error', 'close']) message.once(event, () => resolve());
      message.resume();
    });
  }

  #readInto(bytes: Uint8Array): Promise<void> {
    let at = 0;
    return this.#read((piece) => {
      bytes.set(piece, at);
      at += piece.length;
      dispose(piece);
    });
  }

  async #unannounced(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Buffer[] = [];
    let length = 0;
    await this.#read((piece) => {
      length += piece.length;
      if (length > this.#bytesMax) throw tooLarge(undefined, this.#bytesMax);
      pieces.push(piece);
    });
    const bytes = Buffer.allocUnsafeSlow(length) as Buffer & Uint8Array<ArrayBuffer>;
    let at = 0;
    for (const piece of pieces) at += piece.copy(bytes, at);
    return bytes;
  }

  #read(take: (piece: Buffer) => void): Promise<void> {
    const message = this.#message;
    return new Promise((resolve, reject) => {
      const onPiece = (piece: Buffer): void => {
        try {
          take(piece);
        } catch (refusal) {
          message.off('data', onPiece);
          message.pause();
          reject(refusal);
        }
      };
      message.on('data', onPiece);
      message.once('end', () => resolve());
      message.once('error', (cause) => reject(aborted(cause)));
      message.once('close', () => {
        if (!message.complete) reject(aborted(undefined));
      });
    });
  }
}

/** Frees a piece's memory now: left to the collector, many bodies' pieces add up. */
function dispose({ buffer, length }: Buffer): void {
  // A slice of a pool belongs to others too; Node 20 has no `transfer`.
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  if (isOwn && 'transfer' in buffer) buffer.transfer(0);
}

function tooLarge(length: number | undefined, bytesMax: number): MonError {
  const found = length === undefined ? 'it has more' : `it has ${length}`;
  return new MonError({
    code: 'body-too-large',
    what: 'Cannot take the request body',
    why: `${found}, at most ${bytesMax} bytes are taken (limits.body_size in the server's section)`,
    mend: 'Send smaller batches, or raise server.limits.body_size.',
  });
}

function aborted(cause: unknown): MonError {
  return new MonError({
    code: 'body-aborted',
    what: 'Cannot read the request body',
    why: 'the connection ended before the body did',
    mend: 'Send the request again.',
    retryable: true,
    cause,
  });
}

/** The answer to a Content-Encoding that the endpoint does not take. */
export function unknownEncoding(encoding: string, taken = 'identity, gzip, deflate, br'): MonError {
  return new MonError({
    code: 'unsupported-encoding',
    what: 'Cannot read the request body',
    why: `Content-Encoding ${JSON.stringify(encoding)} is not taken here, only ${taken}`,
    mend: `Send the body with Content-Encoding ${taken.split(', ').join(' or ')}.`,
  });
}
