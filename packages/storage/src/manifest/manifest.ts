/**
 * `DIR/MANIFEST.log`: the one truth about which blocks live, and the database's hash key.
 *
 * Invariants: a change is true when its record is fsynced, and all of it at once; an id is given
 * once; what stands in `blocks/` and is not listed is a leftover of a crash and is removed at open.
 * Only one Manifest may be open on a data directory (`DIR/LOCK` sees to it). Format:
 * docs/formats/manifest.md.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { HASH_KEY_BYTES, type HashKey } from '../encoding/siphash.ts';
import {
  isDiskFull,
  makeDirectory,
  makeSeenDurable,
  readWhole,
  replaceFile,
  writeWhole,
} from '../files/file-actions.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { assert } from '../model/assert.ts';
import { MonError, reasonOf } from '../model/error.ts';
import { CutGenerations } from './cut-generations.ts';
import type { ManifestChange, ManifestEntry } from './manifest-entry.ts';
import {
  encodeChange,
  encodeHead,
  encodeState,
  FORMAT_VERSION,
  type ManifestHead,
} from './manifest-record.ts';
import { type ManifestContent, readManifest } from './read-manifest.ts';

export const MANIFEST_NAME = 'MANIFEST.log';
/** A second copy of the first record, the only one that nothing else could replace. */
export const HEAD_COPY_NAME = 'MANIFEST.head';
const BLOCKS_FOLDER = 'blocks';

/** A log that has grown beyond is replaced by its sum at the next open. */
const REWRITE_BYTES = 1024 * 1024;

/** What open() found and mended, for the operator's log. */
export interface ManifestOpening {
  /** Bytes of a record that a crash cut short, now cut off; 0 where there were none. */
  readonly tornBytes: number;
  /** Names in `blocks/` that were not listed and are removed. */
  readonly removed: readonly string[];
  /** Ids of listed blocks whose directory is not there; selects that need them fail. */
  readonly missing: readonly string[];
}

export class Manifest {
  readonly hashKey: HashKey;
  readonly opening: ManifestOpening;
  /** Where the manifest and its blocks are. */
  readonly files: Files;
  readonly #dataDir: string;
  readonly #file: OpenFile;
  readonly #live: Map<string, ManifestEntry>;
  readonly #cut: CutGenerations;
  #bytes: number;
  #lastBlock: number;
  #isUsable = true;

  private constructor({ dataDir, files }: Place, file: OpenFile, content: ManifestContent) {
    this.files = files;
    this.hashKey = content.head.hashKey;
    this.#dataDir = dataDir;
    this.#file = file;
    this.#bytes = content.endOffset;
    const state = replay(content);
    this.#live = state.live;
    this.#cut = state.cut;
    this.#lastBlock = state.lastBlock;
    this.opening = this.#mendFolder();
  }

  /**
   * Opens the manifest of a data directory, or makes one where the directory is new.
   *
   * @param newHashKey 16 random bytes for a new database
   * @throws MonError `corrupt-manifest`; `missing-manifest` where there are blocks but no manifest;
   *   `disk-full`
   */
  static open(
    dataDir: string,
    newHashKey = () => randomBytes(HASH_KEY_BYTES),
    files: Files = nodeFiles,
  ): Manifest {
    const place = { dataDir, files };
    const path = join(dataDir, MANIFEST_NAME);
    try {
      makeDirectory(files, join(dataDir, BLOCKS_FOLDER));
      if (files.state(path) === undefined) createManifest(place, newHashKey());
      rewriteIfLong(place);
      const file = files.open(path, 'change');
      try {
        const content = readManifest(path, readWhole(file));
        keepHeadCopy(place, content.head);
        return new Manifest(place, file, content);
      } catch (error) {
        file.close();
        throw error;
      }
    } catch (error) {
      throw manifestError(`Cannot open ${path}`, error);
    }
  }

  /** Live blocks, oldest id first. */
  get live(): readonly ManifestEntry[] {
    return [...this.#live.values()];
  }

  /** The generations whose samples are in blocks; replay of the WAL skips their records. */
  get cutGenerations(): Pick<CutGenerations, 'upTo' | 'above' | 'highest' | 'has'> {
    return this.#cut;
  }

  /** The directory of a block, live or about to be written. */
  blockDir(id: string): string {
    return join(this.#dataDir, BLOCKS_FOLDER, id);
  }

  /** An id that was never given before, for a block about to be written. */
  newBlockId(): string {
    this.#lastBlock++;
    return String(this.#lastBlock).padStart(8, '0');
  }

  /**
   * Makes a change durable and true. The directories added must be sealed before; those removed may
   * be deleted after.
   *
   * @throws MonError `disk-full`: nothing has changed; `manifest-unwritable`: perhaps only a restart
   *   tells what is live, and no directory may be removed before
   */
  commit(change: ManifestChange): void {
    for (const { id } of change.add) assert(!this.#live.has(id), `block ${id} is live already`);
    for (const id of change.remove) assert(this.#live.has(id), `block ${id} is not live`);
    this.#append(encodeChange(change));
    apply(change, this.#live, this.#cut);
  }

  close(): void {
    if (this.#isUsable) this.#file.close();
    this.#isUsable = false;
  }

  #append(record: Uint8Array): void {
    const what = `Cannot write to ${join(this.#dataDir, MANIFEST_NAME)}`;
    if (!this.#isUsable) throw manifestError(what, new Error('an earlier write failed'));
    try {
      writeWhole(this.#file, [record], this.#bytes);
      this.#file.sync();
    } catch (error) {
      this.#takeBack();
      throw manifestError(what, error);
    }
    this.#bytes += record.length;
  }

  /**
   * Cuts off what a failed write may have left, durably. Where that fails too nobody knows what is
   * on the disk until it is read again.
   */
  #takeBack(): void {
    try {
      this.#file.truncate(this.#bytes);
      this.#file.sync();
    } catch {
      this.close();
    }
  }

  /**
   * Cuts off a torn tail and removes directories that are not listed. Before, what was read is made
   * durable: a process that was killed may have left it in the kernel's hands alone.
   */
  #mendFolder(): ManifestOpening {
    const folder = join(this.#dataDir, BLOCKS_FOLDER);
    const tornBytes = this.#file.bytes - this.#bytes;
    if (tornBytes > 0) this.#file.truncate(this.#bytes);
    makeSeenDurable(this.#file);
    this.files.syncDirectory(this.#dataDir);
    const names = new Set(this.files.list(folder));
    const removed = [...names].filter((name) => !this.#live.has(name)).sort();
    for (const name of removed) this.files.remove(join(folder, name));
    const missing = [...this.#live.keys()].filter((id) => !names.has(id));
    return { tornBytes, removed, missing };
  }
}

interface Place {
  readonly dataDir: string;
  readonly files: Files;
}

/** What the records of a manifest amount to. */
export interface ReplayedState {
  readonly live: Map<string, ManifestEntry>;
  readonly cut: CutGenerations;
  readonly lastBlock: number;
}

export function replay({ records }: Pick<ManifestContent, 'records'>): ReplayedState {
  const live = new Map<string, ManifestEntry>();
  let cut = new CutGenerations();
  let lastBlock = 0;
  for (const record of records) {
    if (record.kind === 'state') {
      const { state } = record;
      live.clear();
      for (const entry of state.live) live.set(entry.id, entry);
      cut = new CutGenerations(state.cutUpTo, state.cutAbove);
      lastBlock = state.lastBlock;
    } else {
      apply(record.change, live, cut);
      for (const { id } of record.change.add) lastBlock = Math.max(lastBlock, Number(id));
    }
  }
  return { live, cut, lastBlock };
}

function apply(
  change: ManifestChange,
  live: Map<string, ManifestEntry>,
  cut: CutGenerations,
): void {
  for (const id of change.remove) live.delete(id);
  for (const entry of change.add) live.set(entry.id, entry);
  for (const generation of change.generations) cut.add(generation);
}

function createManifest(place: Place, hashKey: HashKey): void {
  const { dataDir, files } = place;
  for (const folder of [BLOCKS_FOLDER, 'wal']) {
    const path = join(dataDir, folder);
    const names = files.state(path) === undefined ? [] : files.list(path);
    if (names.length === 0) continue;
    throw new MonError({
      code: 'missing-manifest',
      what: `Cannot open ${dataDir}`,
      why: `there is no ${MANIFEST_NAME} in it but ${folder}/ is not empty (${names.length})`,
      mend: `Restore ${MANIFEST_NAME} from a backup, or move ${folder}/ away to start empty.`,
    });
  }
  replaceManifest(place, [encodeHead({ format: FORMAT_VERSION, hashKey })]);
}

function rewriteIfLong(place: Place): void {
  const { dataDir, files } = place;
  const path = join(dataDir, MANIFEST_NAME);
  if ((files.state(path)?.bytes ?? 0) < REWRITE_BYTES) return;
  const file = files.open(path, 'read');
  const bytes = readWhole(file);
  file.close();
  const content = readManifest(path, bytes);
  const { live, cut, lastBlock } = replay(content);
  const state = { live: [...live.values()], cutUpTo: cut.upTo, cutAbove: cut.above, lastBlock };
  replaceManifest(place, [encodeHead(content.head), encodeState(state)]);
}

function keepHeadCopy({ dataDir, files }: Place, head: ManifestHead): void {
  const path = join(dataDir, HEAD_COPY_NAME);
  if (files.state(path) !== undefined) return;
  try {
    replaceFile(files, path, [encodeHead(head)]);
  } catch (error) {
    // A full disk must not keep what is on it from being read; the next start makes the copy.
    if (!isDiskFull(error)) throw error;
    files.remove(`${path}.new`);
  }
}

export function replaceManifest({ dataDir, files }: Place, records: readonly Uint8Array[]): void {
  replaceFile(files, join(dataDir, MANIFEST_NAME), records);
}

function manifestError(what: string, cause: unknown): unknown {
  if (cause instanceof MonError) return cause;
  if (cause instanceof Error && cause.message.startsWith('BUG: ')) return cause;
  if (isDiskFull(cause)) {
    return new MonError({
      code: 'disk-full',
      what,
      why: reasonOf(cause),
      mend: 'Free space on the disk of the data directory; mon goes on by itself.',
      retryable: true,
      cause,
    });
  }
  return new MonError({
    code: 'manifest-unwritable',
    what,
    why: reasonOf(cause),
    mend: 'Check the disk and the rights on the data directory, then restart.',
    cause,
  });
}
