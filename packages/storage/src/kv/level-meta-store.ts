/**
 * The MetaStore on LevelDB: `DIR/meta`. Every write is on disk when it resolves.
 */
import { dirname } from 'node:path';
import type { Files } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { MonError } from '../model/error.ts';
import type { MetaChange, MetaEntry, MetaStore } from '../model/meta-store.ts';
import { LevelDatabase, type LevelWrite } from './level-database.ts';

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder();

export class LevelMetaStore implements MetaStore {
  readonly #database: LevelDatabase;

  private constructor(database: LevelDatabase) {
    this.#database = database;
  }

  /**
   * Opens the store, or makes it where the folder is empty or not there.
   *
   * @throws MonError `bad-meta` where a folder with files in it is no intact store: it must not
   *   come up empty, which would forget every rule and silence
   */
  static async open(dir: string, files: Files = nodeFiles): Promise<LevelMetaStore> {
    putRepairedInPlace(dir, files);
    const isThere = files.state(dir) !== undefined && files.list(dir).length > 0;
    if (!isThere) await createStore(dir, files);
    try {
      return new LevelMetaStore(await LevelDatabase.open(dir));
    } catch (error) {
      if (!(error instanceof MonError) || error.code !== 'bad-database') throw error;
      throw new MonError({
        code: 'bad-meta',
        what: `Cannot open the store of rules and states in ${dir}`,
        why: error.why,
        mend: 'Restore the folder from a backup, or move it away to start with none.',
        cause: error,
      });
    }
  }

  async get(key: string): Promise<string | undefined> {
    const value = this.#database.getSync(UTF8.encode(key));
    return value === undefined ? undefined : TEXT.decode(value);
  }

  async list(prefix: string): Promise<MetaEntry[]> {
    const gte = UTF8.encode(prefix);
    // 0xff stands in no UTF-8 text.
    const lt = Uint8Array.of(...gte, 0xff);
    const entries: MetaEntry[] = [];
    for await (const page of this.#database.pages({ gte, lt })) {
      for (const [key, value] of page) {
        entries.push({ key: TEXT.decode(key), value: TEXT.decode(value) });
      }
    }
    return entries;
  }

  async write(changes: readonly MetaChange[]): Promise<void> {
    const writes = changes.map((change): LevelWrite => {
      const key = UTF8.encode(change.key);
      if (change.kind === 'delete') return { type: 'del', key };
      return { type: 'put', key, value: UTF8.encode(change.value) };
    });
    await this.#database.write(writes, 'synced');
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/** The folder beside a store that a repair has finished and not yet put in its place. */
export function repairedBeside(dir: string): string {
  return `${dir}.repaired`;
}

/** Ends what a repair began: the damaged store is out of the way, the repaired one not yet in. */
export function putRepairedInPlace(dir: string, files: Files = nodeFiles): void {
  const repaired = repairedBeside(dir);
  if (files.state(dir) !== undefined || files.state(repaired) === undefined) return;
  files.rename(repaired, dir);
  files.syncDirectory(dirname(dir));
}

/** Makes an empty store at once: a crash leaves the finished one or none. */
async function createStore(dir: string, files: Files): Promise<void> {
  const beside = `${dir}.new`;
  files.remove(beside);
  const database = await LevelDatabase.create(beside, files);
  await database.seal(Uint8Array.of(0xff));
  files.rename(beside, dir);
  files.syncDirectory(dirname(dir));
}
