/**
 * The floor of all receivers that speak HTTP: posts JSON, reads the outcome from the status, keeps
 * secrets out of every message.
 *
 * 2xx is delivered; 5xx, 429 and network errors may be tried again, after Retry-After where given;
 * every other answer is a refusal.
 */
import { readFile } from 'node:fs/promises';
import { reasonOf } from '@mon/storage/model/error';
import { revealSecret, type Secret } from '@mon/storage/settings/scalars';
import { Agent, request } from 'undici';
import { RETRY_AFTER_MAX_MS, retryAfterMs } from '../backoff.ts';
import type { Attempt } from '../integration.ts';

/** Longest part of an answer that error messages show. */
const SHOWN_MAX = 200;
/** Longest answer that is read at all. */
const ANSWER_BYTES_MAX = 64 * 1024;
const CONNECTIONS_MAX = 8;

export interface HttpSettings {
  readonly basicAuth?: { readonly username: string; readonly password: Secret };
  readonly authorization?: { readonly type: string; readonly credentials: Secret };
  readonly insecureSkipVerify: boolean;
  readonly caFile: string | undefined;
}

export const HTTP_DEFAULTS: HttpSettings = { insecureSkipVerify: false, caFile: undefined };

export interface PostRequest {
  readonly url: Secret;
  readonly body: unknown;
  readonly timeoutMs: number;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Posts to one receiver, over connections of its own. */
export class HttpPoster {
  readonly #settings: HttpSettings;
  #agent: Agent | undefined;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
  }

  async post(message: PostRequest): Promise<Attempt> {
    let url = '';
    try {
      url = await revealSecret(message.url, readText);
      return await this.#send(url, message);
    } catch (thrown) {
      return { kind: 'retry', reason: withoutSecret(reasonOf(thrown), url) };
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #send(url: string, { body, timeoutMs, nowMs, signal }: PostRequest): Promise<Attempt> {
    if (!URL.canParse(url)) return { kind: 'refused', reason: 'its URL is no URL' };
    const answer = await request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'mon-alerting',
        ...(await this.#authorization()),
      },
      body: JSON.stringify(body),
      dispatcher: await this.#connections(),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const { statusCode, headers } = answer;
    const text = await readStart(answer.body);
    if (statusCode >= 200 && statusCode < 300) return { kind: 'delivered' };
    const shown = text.trim().slice(0, SHOWN_MAX);
    const reason = withoutSecret(
      `it answered ${statusCode}${shown === '' ? '' : `: ${shown}`}`,
      url,
    );
    if (statusCode < 500 && statusCode !== 429) return { kind: 'refused', reason };
    const header = headers['retry-after'];
    const waitMs = retryAfterMs(typeof header === 'string' ? header : undefined, nowMs);
    return waitMs === undefined
      ? { kind: 'retry', reason }
      : { kind: 'retry', reason, retryAfterMs: Math.min(waitMs, RETRY_AFTER_MAX_MS) };
  }

  async #authorization(): Promise<Record<string, string>> {
    const { basicAuth, authorization } = this.#settings;
    if (basicAuth) {
      const pair = `${basicAuth.username}:${await revealSecret(basicAuth.password, readText)}`;
      return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
    }
    if (!authorization) return {};
    const { type, credentials } = authorization;
    return { authorization: `${type} ${await revealSecret(credentials, readText)}` };
  }

  async #connections(): Promise<Agent> {
    if (this.#agent) return this.#agent;
    const { insecureSkipVerify, caFile } = this.#settings;
    const ca = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
    const connect = { rejectUnauthorized: !insecureSkipVerify, ...ca };
    this.#agent ??= new Agent({ connections: CONNECTIONS_MAX, connect });
    return this.#agent;
  }
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}

/** The path of a webhook's URL is often its password. */
function withoutSecret(text: string, url: string): string {
  return url === '' ? text : text.replaceAll(url, '<url>');
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(parts).toString('utf8');
}
