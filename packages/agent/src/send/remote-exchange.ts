/**
 * One batch to one remote and its answer, in the dialect that the remote takes. Keeps what outlives
 * a batch: the choice of the dialect and the session.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import {
  MON_WIRE_HEADER,
  MON_WIRE_TYPE,
  MON_WIRE_VERSION,
  SESSION_BYTES,
} from '@mon/storage/protocol/mon-wire-frame';
import { type HttpAnswer, HttpClient } from '../http/http-client.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import type { BatchRequest } from './batch-request.ts';
import { type Delivery, judgeAnswer } from './delivery.ts';
import { type Dialect, DialectChoice } from './dialect.ts';
import { MetricFamilies } from './metric-families.ts';
import { WireSender } from './wire-sender.ts';

const ANSWER_BYTES_MAX = 64 * 1024;
const WRITTEN_HEADERS = ['samples', 'histograms', 'exemplars'].map(
  (what) => `x-prometheus-remote-write-${what}-written`,
);

const HEADERS: Readonly<Record<Dialect, Readonly<Record<string, string>>>> = {
  'remote-write-1': {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '0.1.0',
  },
  'remote-write-2': {
    'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
    'content-encoding': 'snappy',
    'x-prometheus-remote-write-version': '2.0.0',
  },
  'mon-wire': { 'content-type': MON_WIRE_TYPE },
};

export interface RemoteExchangeOptions {
  readonly url: string;
  readonly http: HttpSettings;
  readonly timeoutMs: number;
  /** The only dialect to speak; undefined: whichever the remote takes. */
  readonly dialect: Dialect | undefined;
  readonly clock: Clock;
  readonly userAgent: string;
  readonly onSent: (dialect: Dialect, bytes: number) => void;
}

/** A batch on its way: what was last sent of it, to be sent again byte by byte. */
export interface BatchUnderWay {
  readonly request: BatchRequest;
  sent?: { readonly dialect: Dialect; readonly body: Uint8Array | undefined };
}

export class RemoteExchange {
  readonly #options: RemoteExchangeOptions;
  readonly #client: HttpClient;
  readonly #choice: DialectChoice;
  readonly #families = new MetricFamilies();
  readonly #wire = new WireSender(randomBytes(SESSION_BYTES).toString('hex'));
  /** The server may have a frame of ours that we do not know of, or lack one. */
  #isOutOfStep = false;

  constructor(options: RemoteExchangeOptions) {
    this.#options = options;
    this.#client = new HttpClient(options.http);
    this.#choice = new DialectChoice(options.dialect);
  }

  get dialect(): Dialect {
    return this.#choice.at(this.#options.clock.nowMs());
  }

  /** Sends a batch once, in as many dialects as it takes to be understood. */
  async send(batch: BatchUnderWay, signal: AbortSignal): Promise<Delivery> {
    const { clock } = this.#options;
    try {
      for (;;) {
        const { dialect, body } = this.#encode(batch);
        if (body === undefined) return { kind: 'accepted' };
        const answer = await this.#post(dialect, body, signal);
        const said = answer.body.toString('utf8');
        const { status } = answer;
        const verdict = this.#choice.note(dialect, dialectAnswer(answer, said), clock.nowMs());
        if (verdict === 'answered') {
          const retryAfter = answer.header('retry-after');
          return judgeAnswer({ status, retryAfter, body: said }, clock.nowMs());
        }
        this.#isOutOfStep = true;
        delete batch.sent;
      }
    } catch (thrown) {
      if (!(thrown instanceof MonError)) throw thrown;
      return { kind: 'retry', reason: `${thrown.what}: ${thrown.why}`, afterMs: undefined };
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A frame is made once: the next one builds on it. */
  #encode(batch: BatchUnderWay): { dialect: Dialect; body: Uint8Array | undefined } {
    const { dialect } = this;
    if (batch.sent?.dialect !== dialect) batch.sent = { dialect, body: this.#body(dialect, batch) };
    return batch.sent;
  }

  #body(dialect: Dialect, { request }: BatchUnderWay): Uint8Array | undefined {
    switch (dialect) {
      case 'remote-write-1':
        return request.remoteWrite1();
      case 'remote-write-2':
        return request.remoteWrite2(this.#families);
      case 'mon-wire':
        if (this.#isOutOfStep) this.#wire.reset();
        this.#isOutOfStep = false;
        return this.#wire.frame(request, this.#families);
    }
  }

  #post(dialect: Dialect, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
    const { url, timeoutMs, userAgent, onSent } = this.#options;
    onSent(dialect, body.length);
    return this.#client.send({
      method: 'POST',
      url,
      headers: { ...HEADERS[dialect], 'user-agent': userAgent },
      body,
      timeoutMs,
      bodyBytesMax: ANSWER_BYTES_MAX,
      signal,
    });
  }
}

function dialectAnswer({ status, header }: HttpAnswer, said: string) {
  return {
    status,
    saysWritten: WRITTEN_HEADERS.some((name) => header(name) !== undefined),
    offersWire: (header(MON_WIRE_HEADER) ?? '').split(/[\s,]+/).includes(MON_WIRE_VERSION),
    code: errorCode(said),
  };
}

/** The code in an error answer of a mon server, '' in any other. */
function errorCode(said: string): string {
  return /"code":"([a-z-]+)"/.exec(said)?.[1] ?? '';
}
