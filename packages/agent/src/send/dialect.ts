/**
 * Which protocol a remote is sent: the mon wire to a mon server, else remote write 2.0, else 1.0.
 * Found out from answers alone, so a remote is never asked anything that it does not expect.
 *
 * Rules, with what is noted kept for an hour:
 *  1. It begins with 2.0.
 *  2. 415, a 2xx that does not say how much was written, or a 400 of one that never took 2.0: it
 *     does not speak 2.0, and the same batch goes out as 1.0. (A receiver of 1.0 that does not look
 *     at the Content-Type reads nothing in a 2.0 body and answers 2xx.)
 *  3. An answer that offers the mon wire: the next batch goes by it.
 *  4. A frame that the remote cannot place: a new epoch, same samples.
 *  5. A frame answered by anything that does not know frames, or the third that cannot be placed in
 *     a row: no mon wire, and the same batch goes out by remote write.
 * A message named in the configuration is sent, and nothing else.
 *
 * Source: prometheus.io/docs/specs/prw/remote_write_spec_2_0, "Required Written Response Headers".
 */

export type Dialect = 'mon-wire' | 'remote-write-2' | 'remote-write-1';

/** What was found out is looked at again after so long. */
export const REMEMBERED_MS = 60 * 60_000;
/** Frames in a row that a remote may fail to place. */
export const LOST_FRAMES_MAX = 2;

/** Answers to a frame that tell that whoever answers does not know frames. */
const NO_FRAMES: ReadonlySet<number> = new Set([400, 404, 405, 415, 501]);

export interface DialectAnswer {
  readonly status: number;
  /** Whether it says how many samples were written. */
  readonly saysWritten: boolean;
  /** Whether it offers the mon wire, in a version that we speak. */
  readonly offersWire: boolean;
  /** mon's code of the error, '' where there is none. */
  readonly code: string;
}

/** What to do with the batch that was answered. */
export type Verdict = 'answered' | 'send-again';

export class DialectChoice {
  readonly #pinned: Dialect | undefined;
  #offersWire = false;
  #noWireBeforeMs = Number.NEGATIVE_INFINITY;
  #noSecondBeforeMs = Number.NEGATIVE_INFINITY;
  #tookSecond = false;
  #lostFrames = 0;

  constructor(pinned: Dialect | undefined) {
    this.#pinned = pinned;
  }

  at(nowMs: number): Dialect {
    if (this.#pinned !== undefined) return this.#pinned;
    if (this.#offersWire && nowMs >= this.#noWireBeforeMs) return 'mon-wire';
    return nowMs >= this.#noSecondBeforeMs ? 'remote-write-2' : 'remote-write-1';
  }

  /** Notes an answer to a batch that was sent in a dialect. */
  note(dialect: Dialect, answer: DialectAnswer, nowMs: number): Verdict {
    if (this.#pinned !== undefined) return 'answered';
    if (dialect === 'mon-wire') return this.#noteFrame(answer, nowMs);
    this.#offersWire = answer.offersWire;
    if (dialect === 'remote-write-1') return 'answered';
    if (answer.saysWritten) {
      this.#tookSecond = true;
      return 'answered';
    }
    const { status } = answer;
    const isForeign = status === 415 || (status >= 200 && status < 300);
    if (!isForeign && !(status === 400 && !this.#tookSecond)) return 'answered';
    this.#noSecondBeforeMs = nowMs + REMEMBERED_MS;
    return 'send-again';
  }

  #noteFrame(answer: DialectAnswer, nowMs: number): Verdict {
    if (answer.saysWritten) {
      this.#lostFrames = 0;
      return 'answered';
    }
    if (answer.status === 409 || answer.code === 'bad-wire-frame') {
      this.#lostFrames++;
      if (this.#lostFrames <= LOST_FRAMES_MAX) return 'send-again';
    } else if (!NO_FRAMES.has(answer.status)) {
      // A server in trouble ends sessions whose frames it could not store.
      this.#lostFrames = 0;
      return 'answered';
    }
    this.#lostFrames = 0;
    this.#offersWire = false;
    this.#noWireBeforeMs = nowMs + REMEMBERED_MS;
    return 'send-again';
  }
}
