/**
 * The one HTTP client of the agent, over undici: bounded in time and bytes, with the
 * authentication and TLS of its settings. Secrets and TLS files are read when used, so that they
 * may be renewed while the agent runs.
 */
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { revealSecret, type Secret } from '@mon/storage/settings/scalars';
import type { Dispatcher } from 'undici';
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import redirectInterceptor from 'undici/lib/interceptor/redirect.js';
import type { HttpSettings, TlsSettings } from './http-settings.ts';

/** Longer than most scrape intervals, so that a connection serves the next round too. */
const KEEP_ALIVE_MS = 5 * 60_000;
const REDIRECTS_MAX = 10;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange, the answer's body included. */
  readonly timeoutMs: number;
  /** Most bytes of the answer's body, unpacked. */
  readonly bodyBytesMax: number;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Values of repeated headers joined. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

const unzip = promisify(gunzip);
const readText = (path: string) => readFile(path, 'utf8');

export class HttpClient {
  readonly #settings: HttpSettings;
  #dispatcher: Dispatcher | undefined;
  /** Times of change of the TLS files that the dispatcher was made from. */
  #tlsStamp = '';

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  /**
   * Sends one request and reads the answer whole, whatever its status.
   *
   * @throws MonError `request-failed` (retryable), `answer-too-large`, `secret-unreadable`
   */
  async send(wanted: HttpRequest): Promise<HttpAnswer> {
    const headers = {
      ...userHeaders(wanted.url),
      ...(await this.#ownHeaders()),
      ...wanted.headers,
    };
    const dispatcher = await this.#currentDispatcher();
    const timeout = AbortSignal.timeout(wanted.timeoutMs);
    const signal = wanted.signal ? AbortSignal.any([timeout, wanted.signal]) : timeout;
    try {
      const { origin, pathname, search } = new URL(wanted.url);
      const answer = await request.call(dispatcher, {
        origin,
        path: pathname + search,
        method: wanted.method,
        headers,
        body: wanted.body ?? null,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const header = (name: string) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      };
      const packed = await readBounded(answer.body, wanted);
      const body = header('content-encoding') === 'gzip' ? await unpack(packed, wanted) : packed;
      return { status: answer.statusCode, header, body };
    } catch (thrown) {
      if (thrown instanceof MonError) throw thrown;
      throw requestFailed(wanted, timeout.aborted ? undefined : thrown);
    }
  }

  async close(): Promise<void> {
    await this.#dispatcher?.destroy();
    this.#dispatcher = undefined;
  }

  async #ownHeaders(): Promise<Record<string, string>> {
    const { basicAuth, authorization, headers, takesGzip } = this.#settings;
    const own: Record<string, string> = takesGzip ? { 'accept-encoding': 'gzip' } : {};
    for (const [name, value] of Object.entries(headers)) own[name] = await reveal(value);
    if (basicAuth !== undefined) {
      const pair = `${await reveal(basicAuth.username)}:${await reveal(basicAuth.password)}`;
      own['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    } else if (authorization !== undefined)
      own['authorization'] = `${authorization.type} ${await reveal(authorization.credentials)}`;
    return own;
  }

  async #currentDispatcher(): Promise<Dispatcher> {
    const { tls, followRedirects } = this.#settings;
    const stamp = await tlsStamp(tls);
    if (this.#dispatcher !== undefined && stamp === this.#tlsStamp) return this.#dispatcher;
    const agent = new Agent({
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: await tlsOptions(tls),
    });
    const redirect = redirectInterceptor({ maxRedirections: REDIRECTS_MAX });
    // Requests under way end on the old dispatcher, which then closes by itself.
    void this.#dispatcher?.close();
    this.#dispatcher = followRedirects ? agent.compose(redirect) : agent;
    this.#tlsStamp = stamp;
    return this.#dispatcher;
  }
}

/** `user:password@` of a URL is basic authentication, unless the settings say otherwise. */
function userHeaders(text: string): Record<string, string> {
  const { username, password } = new URL(text);
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function reveal(from: Secret): Promise<string> {
  try {
    return await revealSecret(from, readText);
  } catch (cause) {
    throw new MonError({
      code: 'secret-unreadable',
      what: `Cannot read the secret in ${from.kind === 'file' ? from.path : 'the configuration'}`,
      why: reasonOf(cause),
      mend: 'Make the file readable for the user that the agent runs as.',
      retryable: true,
      cause,
    });
  }
}

async function tlsOptions(tls: TlsSettings) {
  const { ca, cert, key, serverName, insecureSkipVerify, minVersion } = tls;
  return {
    rejectUnauthorized: !insecureSkipVerify,
    ...(ca === undefined ? {} : { ca: await reveal(ca) }),
    ...(cert === undefined ? {} : { cert: await reveal(cert) }),
    ...(key === undefined ? {} : { key: await reveal(key) }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(minVersion === undefined ? {} : { minVersion }),
  };
}

async function tlsStamp(tls: TlsSettings): Promise<string> {
  const stamps: string[] = [];
  for (const secret of [tls.ca, tls.cert, tls.key]) {
    if (secret?.kind !== 'file') continue;
    // A file that is missing now is reported when it is read.
    const found = await stat(secret.path).catch(() => undefined);
    stamps.push(`${secret.path}:${found?.mtimeMs ?? 'missing'}:${found?.size ?? 0}`);
  }
  return stamps.join('\n');
}

async function readBounded(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  wanted: HttpRequest,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > wanted.bodyBytesMax) throw tooLarge(wanted);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, bytes);
}

async function unpack(packed: Buffer, wanted: HttpRequest): Promise<Buffer> {
  try {
    return await unzip(packed, { maxOutputLength: wanted.bodyBytesMax });
  } catch (thrown) {
    const isTooLarge = (thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isTooLarge ? tooLarge(wanted) : requestFailed(wanted, thrown);
  }
}

function tooLarge(wanted: HttpRequest): MonError {
  return new MonError({
    code: 'answer-too-large',
    what: `Cannot take the answer of ${wanted.url}`,
    why: `its body is larger than ${wanted.bodyBytesMax} bytes`,
    mend: 'Raise body_size_limit, or let the exporter give less.',
  });
}

/** @param thrown undefined: time ran out */
function requestFailed(wanted: HttpRequest, thrown: unknown): MonError {
  return new MonError({
    code: 'request-failed',
    what: `Cannot ${wanted.method} ${wanted.url}`,
    why:
      thrown === undefined
        ? `no whole answer within ${wanted.timeoutMs} ms`
        : networkReason(thrown),
    mend: 'Check address and port, and that the peer runs and is reachable from this host.',
    retryable: true,
    cause: thrown,
  });
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the peer broke the connection',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be resolved now',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the peer does not answer',
};

function networkReason(thrown: unknown): string {
  for (let at: unknown = thrown; at instanceof Error; at = at.cause) {
    const reason = NETWORK_REASONS[(at as NodeJS.ErrnoException).code ?? ''];
    if (reason !== undefined) return reason;
  }
  const inner = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  return reasonOf(inner) || 'the connection failed';
}
