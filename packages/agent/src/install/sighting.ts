/**
 * Looks on a server for the sample that proves that a host's metrics arrive.
 *
 * Speaks Prometheus's query API, as the server of an agent does; with the credentials, headers and
 * TLS settings that the agent sends with.
 */
import { MonError } from '@mon/storage/model/error';
import { HttpClient } from '../http/http-client.ts';
import type { RemoteSettings } from '../send/remote-sender.ts';
import { QUERY_PATH } from './server-address.ts';

const ANSWER_TIMEOUT_MS = 5000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** Why is a clause behind "60 s after the start". */
export type Sighting =
  | { readonly kind: 'there' }
  /** The server answers and has none, or does not answer. */
  | { readonly kind: 'absent'; readonly why: string }
  /** The server does not let us ask. */
  | { readonly kind: 'refused'; readonly why: string };

export interface SightingOptions {
  readonly server: string;
  readonly remote: RemoteSettings;
  readonly job: string;
  readonly instance: string;
  readonly sinceMs: number;
}

export class SightingClient {
  readonly #options: SightingOptions;
  readonly #client: HttpClient;

  constructor(options: SightingOptions) {
    this.#options = options;
    this.#client = new HttpClient(options.remote.http);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  /** Asks once, as of this host's time, by which its samples are stamped. */
  async look(nowMs: number): Promise<Sighting> {
    const { server, job, instance, sinceMs } = this.#options;
    const selector = `up{job=${JSON.stringify(job)},instance=${JSON.stringify(instance)}}`;
    const form = new URLSearchParams({
      query: `timestamp(${selector}) >= ${sinceMs / 1000}`,
      time: String(nowMs / 1000),
    });
    try {
      const { status, body } = await this.#client.send({
        method: 'POST',
        url: server + QUERY_PATH,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: Buffer.from(form.toString()),
        timeoutMs: ANSWER_TIMEOUT_MS,
        bodyBytesMax: ANSWER_BYTES_MAX,
      });
      return sightingOf(status, body.toString('utf8'));
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      return { kind: 'absent', why: `the server cannot be asked (${thrown.why})` };
    }
  }
}

function sightingOf(status: number, body: string): Sighting {
  if (status === 401 || status === 403) {
    return { kind: 'refused', why: `the server refuses to be asked (status ${status})` };
  }
  if (status !== 200) return { kind: 'absent', why: `the server answers with status ${status}` };
  const count = resultCount(body);
  if (count === undefined) return { kind: 'absent', why: 'the answer is not that of a mon server' };
  if (count > 0) return { kind: 'there' };
  return { kind: 'absent', why: 'the server answers and has none' };
}

/** How many series an instant query gave; undefined: that is no answer to one. */
function resultCount(body: string): number | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
  const { data } = (answer ?? {}) as { readonly data?: { readonly result?: unknown } };
  return Array.isArray(data?.result) ? data.result.length : undefined;
}
