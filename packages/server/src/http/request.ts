/**
 * A request as handlers see it. The body is read when a handler asks for it, once, within bounds.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { MonError, reasonOf } from '@mon/storage/model/error';
import { DEFAULT_TENANT, type TenantId, tenantId } from '@mon/storage/model/tenant';
import type { BodyRoom, RequestBody } from './body.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RequestParts {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly search: string;
  readonly headers: IncomingHttpHeaders;
  /** Segments that the route's path names. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  /** Aborted when the client hangs up or the server closes. */
  readonly signal: () => AbortSignal;
}

export class HttpRequest {
  readonly #parts: RequestParts;
  #tenant: TenantId | undefined;
  #parameters: URLSearchParams | undefined;
  #signal: AbortSignal | undefined;
  #text: Promise<string> | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  get id(): string {
    return this.#parts.id;
  }

  get method(): Method {
    return this.#parts.method;
  }

  get path(): string {
    return this.#parts.path;
  }

  get headers(): IncomingHttpHeaders {
    return this.#parts.headers;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#parts.signal();
    return this.#signal;
  }

  /** The segment that the route's path names `:name`. */
  param(name: string): string {
    return this.#parts.params[name] ?? '';
  }

  /** @throws MonError `bad-tenant` */
  get tenant(): TenantId {
    if (this.#tenant === undefined) {
      const named = this.headers['x-scope-orgid'];
      this.#tenant = named === undefined ? DEFAULT_TENANT : tenantId(String(named));
    }
    return this.#tenant;
  }

  /** Media type of the body, lower case, without parameters. */
  get contentType(): string {
    return (this.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  /** The body as sent, still compressed where it came so. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#parts.body.bytes();
  }

  /** The body as sent, read into room that `find` has, or else into a buffer of its own. */
  bytesInto<Room extends BodyRoom>(
    find: (bytes: number) => Room | undefined,
  ): Promise<Room | Uint8Array<ArrayBuffer>> {
    return this.#parts.body.into(find);
  }

  /** The body as UTF-8 text, decompressed; read once, however often it is asked for. */
  text(): Promise<string> {
    this.#text ??= this.#parts.body.text();
    return this.#text;
  }

  /**
   * The body as JSON, `undefined` where it is empty.
   *
   * @throws MonError `bad-json` with line and column
   */
  async json(): Promise<unknown> {
    const text = await this.text();
    try {
      return text === '' ? undefined : JSON.parse(text);
    } catch (cause) {
      throw new MonError({
        code: 'bad-json',
        what: 'Cannot read the body as JSON',
        why: jsonReason(reasonOf(cause), text),
        mend: 'Send one valid JSON document, UTF-8 encoded.',
        cause,
      });
    }
  }

  /** Parameters of the URL alone. */
  get urlParameters(): URLSearchParams {
    return new URLSearchParams(this.#parts.search);
  }

  /** Parameters of the URL and, of a form POST, of the body; the body's come first. */
  async parameters(): Promise<URLSearchParams> {
    if (this.#parameters === undefined) {
      const fromUrl = this.urlParameters;
      if (this.method !== 'POST' || this.contentType !== 'application/x-www-form-urlencoded') {
        this.#parameters = fromUrl;
      } else {
        const all = new URLSearchParams(await this.text());
        for (const [name, value] of fromUrl) all.append(name, value);
        this.#parameters = all;
      }
    }
    return this.#parameters;
  }
}

/** V8's message names line and column, except where the text just ends. */
function jsonReason(message: string, text: string): string {
  if (/line \d+ column \d+/.test(message)) return message;
  const lines = text.split('\n');
  const column = (lines.at(-1)?.length ?? 0) + 1;
  return `${message} (line ${lines.length} column ${column})`;
}
