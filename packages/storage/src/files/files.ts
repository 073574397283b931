/**
 * All that the storage asks of a file system: what is not here it does not use.
 *
 * Calls are synchronous and mean what their POSIX namesakes do, short writes, short reads and
 * errors with a `code` (`ENOSPC`, `EIO`) included. A byte written is durable after `sync` or
 * `syncContent` of its file; a name made, changed or removed is after `syncDirectory` of its
 * folder. A file whose sync failed may have lost what was written since the sync before: it is not
 * synced again as if nothing had happened. LevelDB writes its own files; it is told to by
 * `kv/level-database.ts` alone. `node-files.ts` is the one used outside of tests.
 */

/** `change`: to read and write, it is there; `create`: it is not; `replace`: emptied or made. */
export type OpenMode = 'read' | 'change' | 'create' | 'replace';

export interface OpenFile {
  /** Size in bytes. */
  readonly bytes: number;
  /** Reads up to `into.length` bytes; returns how many, 0 at the end of the file. */
  read(into: Uint8Array, position: number): number;
  /** Returns how many bytes were written: perhaps not all. */
  write(bytes: Uint8Array, position: number): number;
  /** `write` of several buffers, one behind the other. */
  writeEach(buffers: readonly Uint8Array[], position: number): number;
  truncate(bytes: number): void;
  /** Makes content and all attributes durable. */
  sync(): void;
  /** Makes content and size durable. */
  syncContent(): void;
  close(): void;
}

export interface FileState {
  readonly bytes: number;
  readonly isDirectory: boolean;
}

export interface Files {
  /** @throws the file system's error, as all others do */
  open(path: string, mode: OpenMode): OpenFile;
  /** What is at a path; undefined where nothing is. */
  state(path: string): FileState | undefined;
  /** The names in a folder. */
  list(dir: string): string[];
  /** Makes one folder; its parent is there. */
  makeDirectory(dir: string): void;
  rename(from: string, to: string): void;
  /** Gives a file a second name, which is not taken. */
  link(from: string, to: string): void;
  /** Removes a file or a folder with all that is in it; nothing where nothing is. */
  remove(path: string): void;
  syncDirectory(dir: string): void;
  /** Bytes of the file system that holds a folder, and those of them that may be used. */
  room(dir: string): { readonly allBytes: number; readonly freeBytes: number };
}
