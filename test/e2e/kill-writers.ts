/**
 * Writers for kill tests: real remote-write bodies over 10,000 series, and a ledger of what the
 * server acknowledged.
 *
 * Each writer has its own series and sends one body at a time: one sample for each of 500 series. A
 * value follows from series and tick, so that a wrong one is seen. Of a series' ticks every second
 * one comes before its predecessor, so that late samples are among them.
 */
import { labelsFromRecord } from '@mon/storage/model/labels';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';

export const WRITERS = 4;
export const BLOCKS = 5;
export const SERIES_IN_BLOCK = 500;
export const METRIC = 'kill_nine';
const TICK_MS = 1000;

/** One body: all series of a block at one tick. */
export interface Body {
  readonly block: number;
  readonly tick: number;
}

export class Writer {
  readonly index: number;
  readonly #baseMs: number;
  #sent = 0;
  /** By block: ticks that were answered with 2xx. */
  readonly acknowledged: readonly Set<number>[];
  /** Bodies whose answer never came: each of their samples may be there, once. */
  readonly unanswered: Body[] = [];

  constructor(index: number, baseMs: number) {
    this.index = index;
    this.#baseMs = baseMs;
    this.acknowledged = Array.from({ length: BLOCKS }, () => new Set<number>());
  }

  timeOf(tick: number): number {
    return this.#baseMs + tick * TICK_MS;
  }

  static valueOf(series: number, tick: number): number {
    return ((series * 7919 + tick * 31) % 100_003) / 8;
  }

  /** Sends one body after the other until the server is gone. */
  async writeUntilGone(url: string): Promise<void> {
    let isThere = true;
    while (isThere) {
      const count = this.#sent++;
      const tick = Math.floor(count / BLOCKS) ^ 1;
      isThere = await this.send(url, { block: count % BLOCKS, tick });
    }
  }

  /** False where no answer came. Throws where the server refused. */
  async send(url: string, body: Body): Promise<boolean> {
    let status: number;
    try {
      const answer = await fetch(`${url}/api/v1/write`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-protobuf',
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': '0.1.0',
        },
        body: this.#encode(body),
      });
      status = answer.status;
      await answer.arrayBuffer();
    } catch {
      // Killed before the answer, or before the connection was taken.
      this.unanswered.push(body);
      return false;
    }
    if (status >= 300) throw new Error(`status ${status}`);
    this.acknowledged[body.block]?.add(body.tick);
    return true;
  }

  /** Sends again what was not answered, as a sender does; each with a chance of one half. */
  async sendAgain(url: string, isChosen: () => boolean): Promise<void> {
    for (const body of this.unanswered.splice(0)) {
      if (!isChosen()) this.unanswered.push(body);
      else await this.send(url, body);
    }
  }

  #encode({ block, tick }: Body): Uint8Array<ArrayBuffer> {
    const all = Array.from({ length: SERIES_IN_BLOCK }, (_, i) => i);
    return encodeRemoteWrite({
      labels: all.map((series) =>
        labelsFromRecord({
          __name__: METRIC,
          ...{ writer: String(this.index), block: String(block), series: String(series) },
        }),
      ),
      sampleOffsets: Uint32Array.from([...all, SERIES_IN_BLOCK]),
      timestampsMs: new Float64Array(SERIES_IN_BLOCK).fill(this.timeOf(tick)),
      values: Float64Array.from(all, (series) => Writer.valueOf(series, tick)),
    });
  }
}
