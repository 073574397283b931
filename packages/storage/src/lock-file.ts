/**
 * `DIR/LOCK`: who holds a data directory. Two processes never do.
 *
 * The file is made by `link`, which succeeds for one process only, and says who that is. One that a
 * crash left behind is taken over: whether its holder lives is asked of the system, and where two
 * processes find the same left-over file, or the holder is on another host, the lock that LevelDB
 * holds on `DIR/meta` decides; the winner then writes its name. Text:
 *
 *     pid 4711
 *     host db-1
 *     since 2026-01-31T12:00:00.000Z
 *     started 8812345
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isCode, readWhole, writeWhole } from './files/file-actions.ts';
import type { Files } from './files/files.ts';
import { nodeFiles } from './files/node-files.ts';
import { MonError } from './model/error.ts';

/** What a lock file says. */
interface LockHolder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** The process's start in the system's ticks: a pid alone may have been given out again. */
  readonly started: string;
}

export class LockFile {
  readonly #path: string;
  readonly #dataDir: string;
  readonly #text: string;
  readonly #files: Files;
  #isOurs = false;

  private constructor(dataDir: string, nowMs: number, files: Files) {
    this.#files = files;
    this.#dataDir = dataDir;
    this.#path = join(dataDir, 'LOCK');
    const since = new Date(nowMs).toISOString();
    const started = startOf(process.pid) ?? '0';
    this.#text = `pid ${process.pid}\nhost ${hostname()}\nsince ${since}\nstarted ${started}\n`;
  }

  /**
   * First step: refuses where a living process of this host has its name in the file.
   *
   * @throws MonError `data-dir-locked`
   */
  static claim(dataDir: string, nowMs: number, files: Files = nodeFiles): LockFile {
    const lock = new LockFile(dataDir, nowMs, files);
    const beside = lock.#writeBeside();
    try {
      files.link(beside, lock.#path);
      lock.#isOurs = true;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
      const holder = lock.#holder();
      if (holder !== undefined && isAlive(holder)) throw lockedError(dataDir, holder);
    } finally {
      files.remove(beside);
    }
    return lock;
  }

  /** Second step, after LevelDB's lock was won: writes our name over what a crash left behind. */
  confirm(): void {
    if (this.#isOurs) return;
    this.#files.rename(this.#writeBeside(), this.#path);
    this.#isOurs = true;
  }

  /** The error for a directory whose LevelDB lock another process holds. */
  refusal(): MonError {
    return lockedError(this.#dataDir, this.#holder());
  }

  release(): void {
    if (this.#isOurs) this.#files.remove(this.#path);
    this.#isOurs = false;
  }

  #writeBeside(): string {
    const beside = `${this.#path}.${process.pid}`;
    const file = this.#files.open(beside, 'replace');
    try {
      writeWhole(file, [Buffer.from(this.#text)], 0);
      file.sync();
    } finally {
      file.close();
    }
    return beside;
  }

  #holder(): LockHolder | undefined {
    if (this.#files.state(this.#path) === undefined) return undefined;
    const file = this.#files.open(this.#path, 'read');
    try {
      return parseHolder(Buffer.from(readWhole(file)).toString());
    } finally {
      file.close();
    }
  }
}

function parseHolder(text: string): LockHolder | undefined {
  const field = (name: string) => new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1] ?? '';
  const pid = Number(field('pid'));
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, host: field('host'), since: field('since'), started: field('started') };
}

function isAlive({ pid, host, started }: LockHolder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, under another user.
    if (isCode(error, 'ESRCH')) return false;
  }
  const now = startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** When a process started, in ticks since boot; undefined where /proc does not say. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses, which may hold anything; field 22 is meant.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH') || isCode(error, 'EACCES')) {
      return undefined;
    }
    throw error;
  }
}

function lockedError(dataDir: string, holder: LockHolder | undefined): MonError {
  const who =
    holder === undefined
      ? 'another process holds it'
      : `process ${holder.pid} on ${holder.host} holds it since ${holder.since}`;
  return new MonError({
    code: 'data-dir-locked',
    what: `Cannot open the data directory ${dataDir}`,
    why: who,
    mend: 'Stop that process, or give this one another --data-dir.',
  });
}
