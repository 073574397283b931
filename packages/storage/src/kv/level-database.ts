/**
 * A LevelDB directory; the one import of classic-level.
 *
 * Options are measured, not guessed: values are compressed already; above 80 MB `maxFileSize` times
 * 25 overflows inside LevelDB and each value gets a file of its own; a lost CURRENT would open as
 * an empty database if a missing one were created; with `multithreading` the worker threads of the
 * process share one open database. LevelDB does not check its blocks' checksums when it reads: a
 * flipped bit comes back as a wrong value, so every value carries a checksum of ours.
 */
import { dirname, join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { isDiskFull, makeDirectory, syncFile } from '../files/file-actions.ts';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { assert } from '../model/assert.ts';
import { MonError, reasonOf } from '../model/error.ts';
import type { DatabaseEntries, KeyRange } from './database-entries.ts';
import { openingHolder } from './opening-holder.ts';

const OPTIONS = {
  compression: false,
  writeBufferSize: 16 * 1024 * 1024,
  maxFileSize: 64 * 1024 * 1024,
  multithreading: true,
  keyEncoding: 'buffer',
  valueEncoding: 'buffer',
} as const;

/** What an iterator holds in memory at once; the default of 16 KB would read value by value. */
const PAGE_BYTES = 1024 * 1024;
const PAGE_ENTRIES = 1000;

export type LevelKey = Uint8Array;
type Level = ClassicLevel<LevelKey, Uint8Array>;

export type LevelWrite =
  | { readonly type: 'put'; readonly key: LevelKey; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: LevelKey };

interface OpenMode {
  readonly createIfMissing: boolean;
  readonly errorIfExists?: boolean;
}

export class LevelDatabase implements DatabaseEntries {
  readonly dir: string;
  readonly #level: Level;
  readonly #files: Files;
  #isHeld = false;

  private constructor(dir: string, level: Level, files: Files) {
    this.dir = dir;
    this.#level = level;
    this.#files = files;
  }

  /**
   * Makes a new database in a folder that is empty or not there.
   *
   * @throws MonError `disk-full`, `bad-database`
   */
  static async create(dir: string, files: Files = nodeFiles): Promise<LevelDatabase> {
    try {
      makeDirectory(files, dir);
      assert(files.list(dir).length === 0, `${dir} is not empty`);
    } catch (error) {
      throw databaseError(`Cannot create ${dir}`, error);
    }
    const level = await openLevel(dir, { createIfMissing: true, errorIfExists: true });
    return new LevelDatabase(dir, level, files);
  }

  /**
   * Opens a database that is there.
   *
   * @throws MonError `bad-database` where it is damaged or has lost its CURRENT; `disk-full`
   */
  static async open(dir: string): Promise<LevelDatabase> {
    const holder = openingHolder();
    await holder?.hold(dir);
    try {
      const level = await openLevel(dir, { createIfMissing: false });
      const database = new LevelDatabase(dir, level, nodeFiles);
      database.#isHeld = holder !== undefined;
      return database;
    } catch (error) {
      holder?.release(dir);
      throw error;
    }
  }

  /** @throws MonError `bad-database` */
  getSync(key: LevelKey): Uint8Array | undefined {
    try {
      return this.#level.getSync(key);
    } catch (error) {
      throw databaseError(`Cannot read from ${this.dir}`, error);
    }
  }

  /**
   * Values in the order of their keys, read outside of this thread.
   *
   * @throws MonError `bad-database`
   */
  async getMany(keys: LevelKey[]): Promise<(Uint8Array | undefined)[]> {
    try {
      return await this.#level.getMany(keys);
    } catch (error) {
      throw databaseError(`Cannot read from ${this.dir}`, error);
    }
  }

  /**
   * Entries of a range in key order, in pages.
   *
   * @throws MonError `bad-database`
   */
  async *pages(range: KeyRange): AsyncGenerator<[LevelKey, Uint8Array][]> {
    const iterator = this.#level.iterator({ ...range, highWaterMarkBytes: PAGE_BYTES });
    try {
      for (;;) {
        const page = await iterator.nextv(PAGE_ENTRIES);
        if (page.length === 0) return;
        yield page;
      }
    } catch (error) {
      throw databaseError(`Cannot read from ${this.dir}`, error);
    } finally {
      await iterator.close();
    }
  }

  /**
   * Writes all or nothing.
   *
   * @param durability `synced`: on disk when this resolves
   * @throws MonError `disk-full`, `bad-database`
   */
  async write(writes: LevelWrite[], durability: 'synced' | 'buffered'): Promise<void> {
    try {
      await this.#level.batch(writes, { sync: durability === 'synced' });
    } catch (error) {
      throw databaseError(`Cannot write to ${this.dir}`, error);
    }
  }

  /**
   * Ends the writing of a database that will never be written again, and makes it durable: the
   * directory opens after a power loss from when this resolves. Closes it.
   *
   * Compacting a range beyond the last key moves the write buffer to a table and rewrites nothing.
   * LevelDB itself does not sync the first MANIFEST before CURRENT names it.
   *
   * @param beyond a key above all keys
   * @returns the size of the files
   * @throws MonError `disk-full`, `bad-database`
   */
  async seal(beyond: LevelKey): Promise<number> {
    const files = this.#files;
    try {
      await this.#level.compactRange(beyond, Uint8Array.of(...beyond, 0xff));
      await this.#level.close();
      for (const name of files.list(this.dir)) syncFile(files, join(this.dir, name));
      files.syncDirectory(this.dir);
      files.syncDirectory(dirname(this.dir));
      return directoryBytes(this.dir, files);
    } catch (error) {
      throw databaseError(`Cannot seal ${this.dir}`, error);
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
    if (this.#isHeld) openingHolder()?.release(this.dir);
    this.#isHeld = false;
  }
}

async function openLevel(dir: string, options: OpenMode): Promise<Level> {
  const level = new ClassicLevel<LevelKey, Uint8Array>(dir, { ...OPTIONS, ...options });
  try {
    await level.open();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw databaseError(`Cannot open ${dir}`, cause);
  }
  return level;
}

/** Size of the files of a folder. */
export function directoryBytes(dir: string, files: Files = nodeFiles): number {
  const bytes = files.list(dir).map((name) => files.state(join(dir, name))?.bytes ?? 0);
  return bytes.reduce((sum, each) => sum + each, 0);
}

function databaseError(what: string, cause: unknown): unknown {
  if (cause instanceof Error && cause.message.startsWith('BUG: ')) return cause;
  const why = reasonOf(cause);
  // LevelDB passes on what the system said as text alone.
  if (isDiskFull(cause) || /No space left on device|Disk quota exceeded/.test(why)) {
    return new MonError({
      code: 'disk-full',
      what,
      why,
      mend: 'Free space on the disk of the data directory; mon goes on by itself.',
      retryable: true,
      cause,
    });
  }
  return new MonError({
    code: 'bad-database',
    what,
    why,
    mend: 'Check rights and the disk; if the directory is damaged, restore it from a backup.',
    cause,
  });
}
