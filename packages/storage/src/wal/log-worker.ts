/**
 * The log thread: one file, one committer. All records that wait are written by one call and made
 * durable by one fdatasync, with synchronous calls: this thread does nothing else.
 *
 * A failed commit refuses all that waits. A shard is refused until it says that it has seen a
 * failure, since records it has already sent may lean on those that failed. While the disk is full
 * nothing is tried before main says `resume`.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { isDiskFull } from '../files/file-actions.ts';
import type { TornTail } from '../log/segment-log.ts';
import type { WasmMemory } from '../memory/web-assembly.ts';
import { assert } from '../model/assert.ts';
import { reasonOf } from '../model/error.ts';
import { CallPort } from '../threads/call-port.ts';
import { walUnusable } from './wal-errors.ts';
import {
  type LogThreadCalls,
  type LogThreadReports,
  type LogThreadStart,
  WAL_COUNTERS,
  type WalFailure,
  type WalReply,
  type WalRequest,
} from './wal-messages.ts';
import { type WalBatch, WalWriter } from './wal-writer.ts';

class LogThread {
  readonly #start: LogThreadStart;
  readonly #counters: Float64Array;
  readonly #main: CallPort<LogThreadReports, LogThreadCalls>;
  readonly #shards: readonly ShardQueue[];
  #wal: WalWriter | undefined;
  #isScheduled = false;
  #isDiskFull = false;
  #syncTimer: NodeJS.Timeout | undefined;

  constructor(start: LogThreadStart, main: MessagePort) {
    this.#start = start;
    this.#counters = new Float64Array(start.counters);
    const schedule = () => this.#schedule();
    this.#shards = start.shards.map((port, i) => {
      return new ShardQueue(port, (start.memories[i] as WasmMemory).buffer, schedule);
    });
    this.#main = new CallPort<LogThreadReports, LogThreadCalls>(main, {
      open: () => this.#open(),
      noteReplayed: (found) => {
        for (const [segment, generation] of found) this.#writer().noteReplayed(segment, generation);
        return null;
      },
      removeThrough: (generation) => {
        this.#removeThrough(generation);
        return null;
      },
      resume: () => {
        this.#isDiskFull = false;
        return null;
      },
      close: () => this.#close(),
    });
  }

  #open(): { tornTail: TornTail | null; segments: readonly number[] } {
    const { dir, segmentBytesMax, fsync } = this.#start;
    try {
      this.#wal = new WalWriter({ dir, segmentBytesMax, syncsEach: fsync === 'always' });
    } catch (error) {
      throw walUnusable('Cannot open', dir, error);
    }
    this.#count();
    return { tornTail: this.#wal.tornTail ?? null, segments: this.#wal.segments };
  }

  #writer(): WalWriter {
    assert(this.#wal !== undefined, 'the log is not open');
    return this.#wal;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Behind all messages that have arrived by now: they share one commit.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#commit();
    });
  }

  #commit(): void {
    const batches: WalBatch[] = [];
    for (const shard of this.#shards) shard.moveAccepted(batches);
    let failure: WalFailure | undefined;
    if (this.#isDiskFull) failure = { isDiskFull: true, reason: 'the disk is full' };
    else if (batches.length > 0) failure = this.#write(batches);
    for (const shard of this.#shards) shard.answer(failure);
    this.#count();
  }

  #write(batches: readonly WalBatch[]): WalFailure | undefined {
    try {
      this.#writer().commit(batches);
      this.#scheduleSync();
      return undefined;
    } catch (error) {
      const failure = { isDiskFull: isDiskFull(error), reason: reasonOf(error) };
      this.#report(failure);
      return failure;
    }
  }

  #report(failure: WalFailure): void {
    this.#isDiskFull ||= failure.isDiskFull;
    void this.#main.call('failed', failure);
  }

  #scheduleSync(): void {
    const { fsync } = this.#start;
    if (fsync === 'always' || this.#syncTimer !== undefined) return;
    this.#syncTimer = setTimeout(() => {
      this.#syncTimer = undefined;
      try {
        this.#writer().sync();
      } catch (error) {
        this.#report({ isDiskFull: isDiskFull(error), reason: reasonOf(error) });
      }
      this.#count();
    }, fsync.intervalMs);
  }

  #count(): void {
    const wal = this.#writer();
    this.#counters[WAL_COUNTERS.bytes] = wal.bytes;
    this.#counters[WAL_COUNTERS.commits] = wal.commits;
    this.#counters[WAL_COUNTERS.syncSeconds] = wal.syncSeconds;
  }

  #removeThrough(generation: number): void {
    try {
      this.#writer().removeThrough(generation);
    } catch (error) {
      throw walUnusable('Cannot remove old segments of', this.#start.dir, error);
    } finally {
      this.#count();
    }
  }

  #close(): null {
    clearTimeout(this.#syncTimer);
    for (const shard of this.#shards) shard.close();
    try {
      this.#wal?.close();
    } catch (error) {
      throw walUnusable('Cannot close', this.#start.dir, error);
    }
    return null;
  }
}

/** What one shard has sent and not been answered. */
class ShardQueue {
  readonly #port: MessagePort;
  #waiting: WalBatch[] = [];
  /** Requests in the commit under way. */
  #moved: WalBatch[] = [];
  #refusal: WalFailure | undefined;

  constructor(port: MessagePort, memory: SharedArrayBuffer, onRequest: () => void) {
    this.#port = port;
    port.on('message', (request: WalRequest) => {
      if (request.kind === 'failure-seen') this.#refusal = undefined;
      else if (this.#refusal !== undefined) {
        this.#reply(request.records.length / 3, this.#refusal);
      } else {
        const { records } = request;
        for (let i = 0; i < records.length; i += 3) {
          const bytes = new Uint8Array(memory, records[i + 1], records[i + 2]);
          this.#waiting.push({ generation: records[i] as number, bytes });
        }
        onRequest();
      }
    });
  }

  moveAccepted(batches: WalBatch[]): void {
    for (const batch of this.#waiting) batches.push(batch);
    this.#moved = this.#waiting;
    this.#waiting = [];
  }

  answer(failure: WalFailure | undefined): void {
    if (this.#moved.length === 0) return;
    this.#refusal = failure;
    this.#reply(this.#moved.length, failure);
    this.#moved = [];
  }

  #reply(count: number, failure: WalFailure | undefined): void {
    const reply: WalReply =
      failure === undefined ? { kind: 'committed', count } : { kind: 'failed', ...failure, count };
    this.#port.postMessage(reply);
  }

  close(): void {
    this.#port.close();
  }
}

assert(parentPort !== null, 'the log thread is a worker');
new LogThread(workerData as LogThreadStart, parentPort);
