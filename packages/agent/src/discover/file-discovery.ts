/**
 * `file_sd_configs`: target files, watched and read again once an interval.
 *
 * A file that cannot be read or parsed keeps its last good groups and is reported; one that is gone
 * takes its targets with it.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '@mon/storage/model/clock';
import { reasonOf } from '@mon/storage/model/error';
import { parseTargetFile, TARGET_FILE_BYTES_MAX } from './target-file.ts';
import type { TargetGroup } from './target-group.ts';

/** Editors and tools write a file in several steps; wait until they are done. */
export const SETTLE_MS = 200;

export interface FileDiscoverySettings {
  /** Absolute paths; the last part may hold one `*`. */
  readonly patterns: readonly string[];
  readonly refreshIntervalMs: number;
}

export interface FileDiscoveryOptions {
  readonly settings: FileDiscoverySettings;
  readonly clock: Clock;
  /** The groups of all files, after each reading that changed them. */
  readonly onGroups: (groups: readonly TargetGroup[]) => void;
  /** A file is broken; told once until its content changes. */
  readonly onFailure: (file: string, reason: string) => void;
}

interface KnownFile {
  readonly content: string;
  readonly groups: readonly TargetGroup[];
  readonly failure: string;
}

export class FileDiscovery {
  readonly #options: FileDiscoveryOptions;
  readonly #files = new Map<string, KnownFile>();
  readonly #watchers = new Map<string, FSWatcher>();
  #cancelRefresh: () => void = () => {};
  #cancelSettle: (() => void) | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: FileDiscoveryOptions) {
    this.#options = options;
  }

  /** Resolves when the files have been read for the first time. */
  async start(): Promise<void> {
    await this.#refresh(true);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRefresh();
    this.#cancelSettle?.();
    for (const watcher of this.#watchers.values()) watcher.close();
    await this.#reading;
  }

  /** Files that are broken now, and why. */
  failures(): ReadonlyMap<string, string> {
    const broken = [...this.#files].filter(([, { failure }]) => failure !== '');
    return new Map(broken.map(([file, { failure }]) => [file, failure]));
  }

  #refresh(isFirst = false): Promise<void> {
    this.#cancelRefresh();
    this.#reading = this.#reading.then(async () => {
      if (this.#isStopped) return;
      this.#watchFolders();
      const changed = await this.#readAll();
      if (this.#isStopped) return;
      if (changed || isFirst) this.#tell();
      const { clock, settings } = this.#options;
      this.#cancelRefresh = clock.after(settings.refreshIntervalMs, () => void this.#refresh());
    });
    return this.#reading;
  }

  #tell(): void {
    this.#options.onGroups([...this.#files.values()].flatMap(({ groups }) => groups));
  }

  /** Whether any file's groups changed. */
  async #readAll(): Promise<boolean> {
    const found = new Set<string>();
    for (const pattern of this.#options.settings.patterns)
      for (const file of await matchingFiles(pattern)) found.add(file);
    let changed = false;
    for (const file of this.#files.keys()) {
      if (found.has(file)) continue;
      this.#files.delete(file);
      changed = true;
    }
    for (const file of [...found].sort()) if (await this.#readFile(file)) changed = true;
    return changed;
  }

  async #readFile(file: string): Promise<boolean> {
    const known = this.#files.get(file);
    let content = '';
    try {
      const { size } = await stat(file);
      if (size > TARGET_FILE_BYTES_MAX)
        throw new Error(`it has ${size} bytes, at most ${TARGET_FILE_BYTES_MAX} are taken`);
      content = await readFile(file, 'utf8');
      if (known !== undefined && known.content === content && known.failure === '') return false;
      const groups = parseTargetFile(file, content);
      this.#files.set(file, { content, groups, failure: '' });
      return true;
    } catch (thrown) {
      const failure = reasonOf(thrown);
      if (known?.failure !== failure) this.#options.onFailure(file, failure);
      this.#files.set(file, { content, groups: known?.groups ?? [], failure });
      return false;
    }
  }

  #watchFolders(): void {
    for (const folder of new Set(this.#options.settings.patterns.map(dirname))) {
      if (this.#watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#settle());
        watcher.on('error', () => {
          // The folder is gone or cannot be watched: the interval still reads it.
          watcher.close();
          this.#watchers.delete(folder);
        });
        this.#watchers.set(folder, watcher);
      } catch {
        // As above; the next refresh tries again.
        this.#watchers.delete(folder);
      }
    }
  }

  #settle(): void {
    if (this.#isStopped) return;
    this.#cancelSettle?.();
    this.#cancelSettle = this.#options.clock.after(SETTLE_MS, () => void this.#refresh());
  }
}

async function matchingFiles(pattern: string): Promise<string[]> {
  const last = basename(pattern);
  if (!last.includes('*')) {
    const found = await stat(pattern).catch(() => undefined);
    return found?.isFile() === true ? [pattern] : [];
  }
  const [before = '', after = ''] = last.split('*', 2);
  const names = await readdir(dirname(pattern)).catch(() => []);
  return names
    .filter((name) => name.length >= before.length + after.length)
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => join(dirname(pattern), name));
}
