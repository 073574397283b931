/**
 * A LevelDB directory read from its files, without LevelDB: nothing is written, every checksum of
 * LevelDB's own is checked, and what is intact can be read where LevelDB does not open the
 * directory any more, or would open it as an empty one.
 *
 * A damaged block of a table gives those of its entries that pass a test: values of mon's blocks
 * carry checksums of their own.
 */
import { join } from 'node:path';
import { BinaryHeap } from '../../block/binary-heap.ts';
import { MalformedBytes } from '../../encoding/malformed-bytes.ts';
import { readFile } from '../../files/file-actions.ts';
import type { Files } from '../../files/files.ts';
import { nodeFiles } from '../../files/node-files.ts';
import type { DatabaseEntries, KeyRange } from '../database-entries.ts';
import type { FileFault } from './file-fault.ts';
import { readRecordLog } from './record-log.ts';
import type { EntryTest } from './table-block.ts';
import { TableFile } from './table-file.ts';
import { KEY_TRAILER_BYTES, type LiveFiles, readVersionEdits } from './version-edits.ts';
import { compareEntries, type VersionedEntry, versioned } from './versioned-entry.ts';
import { readWriteBatch } from './write-batch.ts';

/** Decoded blocks that are kept. */
const KEPT_BLOCKS = 64;
const PAGE_ENTRIES = 1000;

export class DatabaseFiles implements DatabaseEntries {
  readonly dir: string;
  /** Names of all files of the directory. */
  readonly names: readonly string[];
  readonly tornBytes: number = 0;
  readonly #files: Files;
  readonly #isIntact: EntryTest | undefined;
  readonly #faults: FileFault[] = [];
  readonly #tables: TableFile[] = [];
  /** Writes that are in no table yet, by key. */
  readonly #logged: readonly VersionedEntry[];
  readonly #kept = new Map<string, readonly VersionedEntry[]>();

  /**
   * @param isIntact tells which entries out of damaged blocks of tables are right; without it none
   *   is given
   * @throws the file system's error where the directory is not there
   */
  constructor(
    dir: string,
    files: Files = nodeFiles,
    isIntact?: (key: Uint8Array, value: Uint8Array) => boolean,
  ) {
    this.#isIntact =
      isIntact && (({ key, value }) => isIntact(key.subarray(0, -KEY_TRAILER_BYTES), value));
    this.dir = dir;
    this.#files = files;
    this.names = files.list(dir).sort();
    const live = this.#readLive();
    for (const name of this.names) this.#openTable(name, live);
    for (const [number, { bytes, firstKey, lastKey }] of live?.tables ?? []) {
      const file = `${String(number).padStart(6, '0')}.ldb`;
      const found = this.#tables.find((table) => numberOf(table.file) === number);
      const keys = { firstKey, lastKey };
      if (found === undefined) this.#fault({ file, reason: 'it is missing', ...keys });
      else if (found.bytes !== bytes) {
        this.#fault({ file, reason: `it has ${found.bytes} bytes instead of ${bytes}`, ...keys });
      }
    }
    const logged: VersionedEntry[] = [];
    for (const name of this.names) {
      if (!name.endsWith('.log') || numberOf(name) < (live?.logNumber ?? 0)) continue;
      const content = readRecordLog(name, this.#read(name));
      this.#faults.push(...content.faults);
      this.tornBytes += content.tornBytes;
      for (const record of content.records) logged.push(...this.#readBatch(name, record));
    }
    this.#logged = logged.sort(compareEntries);
  }

  /** What is wrong with the files, as far as they were read. */
  get faults(): readonly FileFault[] {
    return [...this.#faults, ...this.#tables.flatMap((table) => table.faults)];
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    let newest: VersionedEntry | undefined;
    const consider = (entries: readonly VersionedEntry[]) => {
      for (const entry of entries) {
        if (Buffer.compare(entry.key, key) !== 0) continue;
        if (newest === undefined || entry.sequence > newest.sequence) newest = entry;
      }
    };
    for (const table of this.#tables) {
      const index = blockOf(table, key);
      if (index < table.blocks.length) consider(this.#entriesOf(table, index));
    }
    consider(this.#logged);
    return newest?.isDeletion === false ? newest.value : undefined;
  }

  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this.getSync(key));
  }

  async *pages(range: KeyRange): AsyncGenerator<[Uint8Array, Uint8Array][]> {
    let page: [Uint8Array, Uint8Array][] = [];
    let before: Uint8Array | undefined;
    for (const { key, value, isDeletion } of this.#merged(range)) {
      if (before !== undefined && Buffer.compare(before, key) === 0) continue;
      before = key;
      if (isDeletion) continue;
      page.push([key, value]);
      if (page.length < PAGE_ENTRIES) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  close(): void {
    for (const table of this.#tables) table.close();
  }

  /** Entries in the order of their keys, of equal ones the newest first. */
  *#merged({ gte, lt }: KeyRange): Generator<VersionedEntry> {
    const heap = new BinaryHeap<{ entry: VersionedEntry; rest: Iterator<VersionedEntry> }>((a, b) =>
      compareEntries(a.entry, b.entry),
    );
    const advance = (rest: Iterator<VersionedEntry>) => {
      const { value, done } = rest.next();
      if (done !== true && Buffer.compare(value.key, lt) < 0) heap.push({ entry: value, rest });
    };
    for (const table of this.#tables) advance(this.#entriesFrom(table, gte));
    advance(this.#logged.filter(({ key }) => Buffer.compare(key, gte) >= 0)[Symbol.iterator]());
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      yield top.entry;
      advance(top.rest);
    }
  }

  *#entriesFrom(table: TableFile, gte: Uint8Array): Generator<VersionedEntry> {
    let before = gte;
    for (let i = blockOf(table, gte); i < table.blocks.length; i++) {
      for (const entry of this.#entriesOf(table, i)) {
        // In a damaged block a key may be anything; order is kept all the same.
        if (Buffer.compare(entry.key, before) < 0) continue;
        before = entry.key;
        yield entry;
      }
    }
  }

  #entriesOf(table: TableFile, index: number): readonly VersionedEntry[] {
    const name = `${table.file} ${index}`;
    let entries = this.#kept.get(name);
    if (entries === undefined) {
      entries = table.entriesOf(index, this.#isIntact).flatMap(versioned).sort(compareEntries);
      if (this.#kept.size >= KEPT_BLOCKS) {
        for (const oldest of this.#kept.keys()) {
          this.#kept.delete(oldest);
          break;
        }
      }
      this.#kept.set(name, entries);
    }
    return entries;
  }

  /** The files that count; undefined where the directory does not say so any more. */
  #readLive(): LiveFiles | undefined {
    const current = this.names.includes('CURRENT')
      ? Buffer.from(this.#read('CURRENT')).toString('latin1')
      : undefined;
    const name = /^(MANIFEST-\d{6,})\n$/.exec(current ?? '')?.[1];
    if (current === undefined) {
      this.#fault({ file: 'CURRENT', reason: 'it is missing: LevelDB finds an empty database' });
    } else if (name === undefined || !this.names.includes(name)) {
      this.#fault({ file: 'CURRENT', reason: 'it does not name a MANIFEST that is there' });
    }
    const found = name ?? this.names.findLast((other) => other.startsWith('MANIFEST-'));
    if (found === undefined || !this.names.includes(found)) return undefined;
    const content = readRecordLog(found, this.#read(found));
    this.#faults.push(...content.faults);
    if (content.tornBytes > 0) this.#fault({ file: found, reason: 'it is cut short' });
    if (content.faults.some((fault) => fault.isMended !== true)) return undefined;
    if (content.tornBytes > 0) return undefined;
    if (content.records.length === 0) {
      this.#fault({ file: found, reason: 'it is empty' });
      return undefined;
    }
    try {
      return readVersionEdits(content.records);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#fault({ file: found, reason: error.message });
      return undefined;
    }
  }

  #openTable(name: string, live: LiveFiles | undefined): void {
    if (!/^\d+\.(ldb|sst)$/.test(name)) return;
    if (live !== undefined && !live.tables.has(numberOf(name))) return;
    this.#tables.push(new TableFile(this.#files, this.dir, name));
  }

  #read(name: string): Uint8Array {
    return readFile(this.#files, join(this.dir, name));
  }

  #readBatch(file: string, record: Uint8Array): VersionedEntry[] {
    try {
      return readWriteBatch(record);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#fault({ file, reason: error.message });
      return [];
    }
  }

  #fault(fault: Omit<FileFault, 'offset' | 'bytes'>): void {
    this.#faults.push({ offset: 0, bytes: 0, ...fault });
  }
}

/** The first block of a table that may hold a key. */
function blockOf({ blocks }: TableFile, key: Uint8Array): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(blocks[middle]?.lastKey ?? key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}
