/**
 * The maintenance thread: the only writer of directories and of `DIR/MANIFEST.log`.
 *
 * A cut and a merge may be under way at once, each waiting for pages or for LevelDB in turn;
 * changes of the manifest are synchronous, and a cut's generations lie above those of all
 * directories.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { writeBlock } from '../block/block-writer.ts';
import { suitableSlotWidthMs } from '../chunk/slot.ts';
import { mergeBlocks } from '../compact/merge-blocks.ts';
import { planNextMerge } from '../compact/plan-merges.ts';
import { planRetention } from '../compact/plan-retention.ts';
import { holdOpeningsBy } from '../kv/opening-holder.ts';
import { Manifest } from '../manifest/manifest.ts';
import type { ManifestChange } from '../manifest/manifest-entry.ts';
import { assert } from '../model/assert.ts';
import { MonError, reasonOf } from '../model/error.ts';
import type { CutCalls, HoldCalls, NoCalls } from '../shard/shard-messages.ts';
import { CallPort } from '../threads/call-port.ts';
import { mainHolder } from '../threads/main-holder.ts';
import { Ballast } from './ballast.ts';
import { cutSeries, cutSize, type ShardCutPort } from './cut-series.ts';
import { type DamagedBlock, findDamagedBlocks, mergeable } from './damaged-blocks.ts';
import type {
  BlockChange,
  LiveBlocks,
  MaintenanceCalls,
  MaintenanceOpening,
  MaintenanceStart,
} from './maintenance-messages.ts';

class Maintenance {
  readonly #start: MaintenanceStart;
  readonly #shards: readonly ShardCutPort[];
  readonly #ballast: Ballast;
  readonly #merges = new Map<number, AbortController>();
  #manifest: Manifest | undefined;
  /** Found when the database was opened. */
  #damaged: readonly DamagedBlock[] = [];
  /** Directories that a merge could not read. */
  readonly #unmergeable = new Set<string>();
  #version = 0;

  constructor(start: MaintenanceStart, main: MessagePort) {
    this.#start = start;
    this.#shards = start.shards.map((port) => new CallPort<CutCalls, NoCalls>(port, {}));
    this.#ballast = new Ballast(start.dataDir, start.ballastBytesMax);
    const port = new CallPort<HoldCalls, MaintenanceCalls>(main, {
      open: () => this.#open(),
      cut: (ask) => this.#cut(ask),
      merge: (ask) => this.#merge(ask),
      cancelMerge: (job) => {
        this.#merges.get(job)?.abort();
        return null;
      },
      expire: (ask) => this.#expire(ask),
      remove: (ids) => {
        const manifest = this.#opened();
        try {
          for (const id of ids) manifest.files.remove(manifest.blockDir(id));
        } catch (cause) {
          throw removalFailure(cause);
        }
        return null;
      },
      fillBallast: () => this.#ballast.fill(),
      releaseBallast: () => {
        this.#ballast.release();
        return null;
      },
      close: () => {
        this.#manifest?.close();
        return null;
      },
    });
    holdOpeningsBy(mainHolder(port));
  }

  #open(): MaintenanceOpening {
    const manifest = Manifest.open(this.#start.dataDir);
    this.#manifest = manifest;
    const { hashKey, opening } = manifest;
    const cutThrough = manifest.cutGenerations.highest;
    this.#damaged = findDamagedBlocks(manifest.live, (id) => manifest.blockDir(id));
    return { hashKey, live: this.#live(), cutThrough, manifest: opening };
  }

  #opened(): Manifest {
    assert(this.#manifest !== undefined, 'the manifest is not open');
    return this.#manifest;
  }

  #live(): LiveBlocks {
    const { live } = this.#opened();
    const ids = new Set(live.map(({ id }) => id));
    const damaged = this.#damaged.filter(({ id }) => ids.has(id));
    const set = new Set(damaged.map(({ id }) => id));
    return { version: this.#version, entries: live.filter(({ id }) => !set.has(id)), damaged };
  }

  async #cut({ from, through }: { from: number; through: number }): Promise<BlockChange> {
    const manifest = this.#opened();
    const size = await cutSize(this.#shards, through);
    const id = manifest.newBlockId();
    const summary = await writeBlock({
      dir: manifest.blockDir(id),
      hashKey: manifest.hashKey,
      slotWidthMs: suitableSlotWidthMs(size),
      generations: { min: from, max: through },
      sources: [],
      series: cutSeries(this.#shards),
    });
    const add = summary === undefined ? [] : [{ id, tier: 'raw' as const, ...summary }];
    const generations = Array.from({ length: through - from + 1 }, (_, i) => from + i);
    return this.#commit({ add, remove: [], generations });
  }

  async #merge({ until, job }: { until: 'usual' | 'days'; job: number }) {
    const manifest = this.#opened();
    const unmergeable = new Set([...this.#unmergeable, ...this.#damaged.map(({ id }) => id)]);
    const plan = planNextMerge(mergeable(manifest.live, unmergeable), until);
    if (plan === undefined) return null;
    const abort = new AbortController();
    this.#merges.set(job, abort);
    try {
      const { removed } = await mergeBlocks(manifest, plan, abort.signal);
      this.#version++;
      return { live: this.#live(), removed: removed.map((entry) => entry.id) };
    } catch (error) {
      if (abort.signal.aborted && error === abort.signal.reason) throw mergeCanceled();
      this.#noteDamage(plan.sources, error);
      throw error;
    } finally {
      this.#merges.delete(job);
    }
  }

  /** A source that cannot be read must not stop the merges of others for ever. */
  #noteDamage(sources: readonly string[], error: unknown): void {
    if (!(error instanceof MonError)) return;
    if (error.code !== 'corrupt-block' && error.code !== 'bad-database') return;
    for (const id of sources) {
      if (error.message.includes(this.#opened().blockDir(id))) this.#unmergeable.add(id);
    }
  }

  #expire(ask: { nowMs: number; retentionMs: number | undefined }): BlockChange {
    const remove = planRetention(this.#opened().live, ask);
    if (remove.length === 0) return { live: this.#live(), removed: [] };
    return this.#commit({ add: [], remove, generations: [] });
  }

  #commit(change: ManifestChange): BlockChange {
    this.#opened().commit(change);
    this.#version++;
    return { live: this.#live(), removed: change.remove };
  }
}

function removalFailure(cause: unknown): MonError {
  return new MonError({
    code: 'bad-database',
    what: 'Cannot remove directories that were replaced or have expired',
    why: reasonOf(cause),
    mend: 'Check rights and the disk; the next start removes them.',
    cause,
  });
}

function mergeCanceled(): MonError {
  return new MonError({
    code: 'job-canceled',
    what: 'Cannot finish the merge',
    why: 'it was canceled',
    mend: 'Run the job again; nothing was changed.',
    retryable: true,
  });
}

assert(parentPort !== null, 'maintenance is a worker');
new Maintenance(workerData as MaintenanceStart, parentPort);
