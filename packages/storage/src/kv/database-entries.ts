/**
 * The entries of a LevelDB directory: of one that LevelDB has open (`level-database.ts`), or read
 * from its files where it cannot be opened or must not be written (`files/database-files.ts`).
 */

/** Keys from `gte` to before `lt`. */
export interface KeyRange {
  readonly gte: Uint8Array;
  readonly lt: Uint8Array;
}

export interface DatabaseEntries {
  readonly dir: string;
  getSync(key: Uint8Array): Uint8Array | undefined;
  /** Values in the order of their keys. */
  getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** Entries of a range in key order, in pages. */
  pages(range: KeyRange): AsyncGenerator<[Uint8Array, Uint8Array][]>;
}
