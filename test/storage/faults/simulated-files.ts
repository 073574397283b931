/**
 * A file system that forgets and fails, driven by a seed: a real folder for what a running process
 * sees, and beside it, in memory, what would survive a power loss.
 *
 * - A byte survives for sure once its file was synced, a name once its folder was. Of what was
 *   written since, any mix of sectors, old and new, and any prefix of a folder's changes survives.
 * - A sync that fails keeps some sectors and forgets others, which a later sync does not bring back
 *   unless they are written again, while readers still see them.
 * - Calls fail with EIO or ENOSPC, in part done; writes and reads come up short.
 * - The process ends at a call chosen before: that call and all later ones throw `ProcessEnd`.
 *
 * What others write here (LevelDB) is found when its files and folders are synced, or at the end; of
 * a folder that LevelDB has changed survives what we synced of it, or all of it.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Files, OpenFile, OpenMode } from '@mon/storage/files/files';
import type { Random } from '../random.ts';

const FLAGS = { read: 'r', change: 'r+', create: 'wx+', replace: 'w+' } as const;
const SECTOR_BYTES = 512;
const ROOM_BYTES = 1 << 30;

/** What a call throws that the process does not come back from. */
export class ProcessEnd extends Error {}

export interface FaultRates {
  /** One call in so many fails; 0: none. */
  readonly errorIn: number;
  /** One write or read in so many comes up short; 0: none. */
  readonly shortIn: number;
}

export const NO_FAULTS: FaultRates = { errorIn: 0, shortIn: 0 };

type Content = Uint8Array<ArrayBuffer>;
const EMPTY: Content = new Uint8Array(0);

class FileNode {
  readonly kind = 'file';
  durable: Content = EMPTY;
  content: Content = EMPTY;
  /** Contents since the last sync. */
  versions: Content[] = [];
  /** Sectors that a failed sync forgot; `content` still has them. */
  readonly lost = new Set<number>();

  change(content: Content, from: number, to: number): void {
    this.content = content;
    this.versions.push(content);
    for (const sector of this.lost) {
      const at = sector * SECTOR_BYTES;
      if (at + SECTOR_BYTES > from && at < to) this.lost.delete(sector);
    }
  }

  synced(): void {
    const next = this.content.slice();
    for (const sector of this.lost) {
      const from = sector * SECTOR_BYTES;
      const to = Math.min(from + SECTOR_BYTES, next.length);
      if (from >= to) continue;
      next.fill(0, from, to);
      next.set(
        this.durable.subarray(from, Math.max(from, Math.min(to, this.durable.length))),
        from,
      );
    }
    this.durable = next;
    this.versions = [];
  }

  syncFailed(random: Random): void {
    const kept = mix([this.durable, ...this.versions, this.content], random, SECTOR_BYTES);
    const { content } = this;
    for (let from = 0; from < Math.max(content.length, kept.length); from += SECTOR_BYTES) {
      const to = from + SECTOR_BYTES;
      const isSame = Buffer.compare(content.subarray(from, to), kept.subarray(from, to)) === 0;
      if (!isSame) this.lost.add(from / SECTOR_BYTES);
    }
    this.durable = kept;
    this.versions = [];
  }

  survivor(random: Random): Content {
    const way = random.next(4);
    if (way === 0) return this.durable;
    const candidates = [this.durable, ...this.versions];
    if (way === 1 && this.lost.size === 0) return candidates.at(-1) as Content;
    return mix(candidates, random, [64, SECTOR_BYTES, 4096][random.next(3)] as number);
  }
}

type Node = FileNode | FolderNode;

class FolderNode {
  readonly kind = 'folder';
  durable = new Map<string, Node>();
  current = new Map<string, Node>();
  /** Since the last sync LevelDB has written here. */
  changedByOthers = false;
  /** Entries after each change since the last sync. */
  history: Map<string, Node>[] = [];

  change(act: (entries: Map<string, Node>) => void): void {
    this.current = new Map(this.current);
    act(this.current);
    this.history.push(this.current);
  }

  synced(): void {
    this.durable = this.current;
    this.history = [];
    this.changedByOthers = false;
  }

  survivor(random: Random): Map<string, Node> {
    if (this.changedByOthers) return this.durable;
    const states = [this.durable, ...this.history];
    return states[random.next(states.length)] as Map<string, Node>;
  }
}

/** A content each of whose units is that of some candidate; a length that one of them had. */
function mix(candidates: readonly Content[], random: Random, unitBytes: number): Content {
  const pick = () => candidates[random.next(candidates.length)] as Content;
  const mixed = new Uint8Array(pick().length);
  for (let from = 0; from < mixed.length; from += unitBytes) {
    const part = pick().subarray(from, Math.min(from + unitBytes, mixed.length));
    mixed.set(part, from);
  }
  return mixed;
}

export class SimulatedFiles implements Files {
  rates = NO_FAULTS;
  /** Calls until the process ends. */
  callsLeft = Number.POSITIVE_INFINITY;
  /** How often each kind of fault struck. */
  readonly faults = new Map<string, number>();
  readonly #root: string;
  readonly #random: Random;
  readonly #open = new Set<number>();
  #tree = new FolderNode();
  #fullCalls = 0;
  #hasEnded = false;

  /** @param root a real folder, empty, of the test's own */
  constructor(root: string, random: Random) {
    this.#root = root;
    this.#random = random;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** No call fails from now on, until `rates` say otherwise. */
  mend(): void {
    this.rates = NO_FAULTS;
    this.#fullCalls = 0;
  }

  /** Ends the process now. */
  end(): void {
    this.#hasEnded = true;
  }

  open(path: string, mode: OpenMode): OpenFile {
    const isThere = existsSync(path);
    const makes = (mode === 'create' || mode === 'replace') && !isThere;
    this.call(mode === 'read' ? 'open' : 'open to write', makes ? 'EIO|ENOSPC' : 'EIO', () => {});
    const fd = openSync(path, FLAGS[mode]);
    this.#open.add(fd);
    if (!makes && this.#lookUp(path) === undefined) {
      this.#refresh(dirname(path), this.#folder(dirname(path)));
    }
    const node = this.#file(path);
    if (makes) this.#folder(dirname(path)).change((names) => names.set(basename(path), node));
    else if (mode === 'replace') node.change(EMPTY, 0, Number.MAX_SAFE_INTEGER);
    return new SimulatedFile(this, this.#random, { fd, node, path });
  }

  state(path: string) {
    this.#assertAlive();
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    return { bytes: found.size, isDirectory: found.isDirectory() };
  }

  list(dir: string): string[] {
    this.call('list', 'EIO', () => {});
    return readdirSync(dir);
  }

  makeDirectory(dir: string): void {
    this.call('make a folder', 'EIO|ENOSPC', () => {
      mkdirSync(dir);
      const node = new FolderNode();
      this.#folder(dirname(dir)).change((names) => names.set(basename(dir), node));
    });
  }

  rename(from: string, to: string): void {
    this.call('rename', 'EIO', () => {
      renameSync(from, to);
      const node = this.#lookUp(from) as Node;
      this.#folder(dirname(from)).change((names) => {
        names.delete(basename(from));
        if (dirname(from) === dirname(to)) names.set(basename(to), node);
      });
    });
  }

  link(from: string, to: string): void {
    this.call('link', 'EIO|ENOSPC', () => {
      linkSync(from, to);
      const node = this.#file(from);
      this.#folder(dirname(to)).change((names) => names.set(basename(to), node));
    });
  }

  remove(path: string): void {
    if (!existsSync(path)) return;
    this.call('remove', 'EIO', () => {
      rmSync(path, { recursive: true, force: true });
      this.#folder(dirname(path)).change((names) => names.delete(basename(path)));
    });
  }

  syncDirectory(dir: string): void {
    this.call('sync a folder', 'EIO', () => {
      // What is outside was there before, and stays.
      if (relative(this.#root, dir).startsWith('..')) return;
      this.#refresh(dir, this.#folder(dir));
      this.#folder(dir).synced();
    });
  }

  room() {
    this.#assertAlive();
    return { allBytes: ROOM_BYTES, freeBytes: this.#fullCalls > 0 ? 0 : ROOM_BYTES / 2 };
  }

  /** Makes one call, unless it fails or the process ends in it. */
  call(what: string, codes: 'EIO' | 'EIO|ENOSPC', act: () => void): void {
    this.#assertAlive();
    if (this.callsLeft-- <= 0) {
      this.count('process ended in a call');
      if (this.#random.next(2) === 0) act();
      this.end();
      throw new ProcessEnd(what);
    }
    if (this.#fullCalls > 0) {
      this.#fullCalls--;
      if (codes !== 'EIO') throw this.fault('ENOSPC', what);
    }
    if (this.isFault(this.rates.errorIn)) {
      if (codes === 'EIO' || this.#random.next(2) === 0) throw this.fault('EIO', what);
      this.#fullCalls = 1 + this.#random.next(12);
      throw this.fault('ENOSPC', what);
    }
    act();
  }

  isFault(oneIn: number): boolean {
    return oneIn > 0 && this.#random.next(oneIn) === 0;
  }

  count(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  fault(code: 'EIO' | 'ENOSPC', what: string): Error {
    this.count(`${code}: ${what}`);
    const text = code === 'EIO' ? 'i/o error' : 'no space left on device';
    const error = new Error(`${code}: ${text}, ${what}`);
    return Object.assign(error, { code, syscall: what.split(' ')[0] });
  }

  closed(fd: number): void {
    if (this.#open.delete(fd)) closeSync(fd);
  }

  /** After a `kill -9`: what the process saw is what the next one sees. */
  restart(): void {
    for (const fd of this.#open) closeSync(fd);
    this.#open.clear();
    this.#hasEnded = false;
    this.mend();
    this.callsLeft = Number.POSITIVE_INFINITY;
  }

  /** After a power loss: what was synced is there, and of the rest what chance has kept. */
  losePower(): void {
    this.restart();
    this.count('power loss');
    this.#refreshAll(this.#root, this.#tree);
    const image = this.#survivors(this.#tree);
    for (const name of readdirSync(this.#root)) {
      rmSync(join(this.#root, name), { recursive: true, force: true });
    }
    writeImage(this.#root, image);
    this.#tree = image;
  }

  #survivors(folder: FolderNode): FolderNode {
    const image = new FolderNode();
    // LevelDB syncs a file before it renames it and removes another: journals keep that order.
    const isWhole = folder.changedByOthers && this.#random.next(2) === 0;
    const names = isWhole ? folder.current : folder.survivor(this.#random);
    for (const [name, node] of names) {
      if (node.kind === 'folder') image.current.set(name, this.#survivors(node));
      else {
        const file = new FileNode();
        file.durable = isWhole ? node.content : node.survivor(this.#random);
        if (folder.changedByOthers && !isWhole) file.durable = node.durable;
        file.content = file.durable;
        image.current.set(name, file);
      }
    }
    image.synced();
    return image;
  }

  #assertAlive(): void {
    if (this.#hasEnded) throw new ProcessEnd('the process has ended');
  }

  #lookUp(path: string): Node | undefined {
    const parts = relative(this.#root, path).split('/');
    let node: Node | undefined = this.#tree;
    for (const part of parts) {
      if (part === '') continue;
      node = node?.kind === 'folder' ? node.current.get(part) : undefined;
    }
    return node;
  }

  #folder(path: string): FolderNode {
    const found = this.#lookUp(path);
    if (found?.kind === 'folder') return found;
    const node = new FolderNode();
    this.#folder(dirname(path)).change((names) => names.set(basename(path), node));
    return node;
  }

  /** The file at a path, which may be one that is only now met. */
  #file(path: string): FileNode {
    const found = this.#lookUp(path);
    if (found?.kind === 'file') return found;
    const node = new FileNode();
    if (existsSync(path)) node.change(readFileSync(path), 0, 0);
    return node;
  }

  /** Takes in the names that others made and removed in a folder. */
  #refresh(path: string, folder: FolderNode): void {
    const names = readdirSync(path, { withFileTypes: true });
    const known = folder.current;
    const isSame = names.length === known.size && names.every(({ name }) => known.has(name));
    if (isSame) return;
    folder.changedByOthers = true;
    folder.change((entries) => {
      entries.clear();
      for (const entry of names) {
        const made = entry.isDirectory() ? new FolderNode() : this.#file(join(path, entry.name));
        entries.set(entry.name, known.get(entry.name) ?? made);
      }
    });
  }

  #refreshAll(path: string, folder: FolderNode): void {
    this.#refresh(path, folder);
    for (const [name, node] of folder.current) {
      const inner = join(path, name);
      if (node.kind === 'folder') this.#refreshAll(inner, node);
      else refreshFile(node, readFileSync(inner));
    }
  }
}

/** Takes in what others wrote to a file. */
function refreshFile(node: FileNode, content: Content): void {
  if (Buffer.compare(content, node.content) !== 0) node.change(content, 0, 0);
}

function writeImage(path: string, folder: FolderNode): void {
  for (const [name, node] of folder.current) {
    const inner = join(path, name);
    if (node.kind === 'file') writeFileSync(inner, node.content);
    else {
      mkdirSync(inner);
      writeImage(inner, node);
    }
  }
}

class SimulatedFile implements OpenFile {
  readonly #files: SimulatedFiles;
  readonly #random: Random;
  readonly #fd: number;
  readonly #node: FileNode;
  readonly #path: string;

  constructor(
    files: SimulatedFiles,
    random: Random,
    file: { readonly fd: number; readonly node: FileNode; readonly path: string },
  ) {
    this.#files = files;
    this.#random = random;
    this.#fd = file.fd;
    this.#node = file.node;
    this.#path = file.path;
  }

  get bytes(): number {
    this.#files.state(this.#path);
    return fstatSync(this.#fd).size;
  }

  read(into: Uint8Array, position: number): number {
    let read = 0;
    this.#files.call('read', 'EIO', () => {
      let wanted = into.length;
      if (wanted > 1 && this.#files.isFault(this.#files.rates.shortIn)) {
        wanted = 1 + this.#random.next(wanted - 1);
        this.#files.count('short read');
      }
      read = readSync(this.#fd, into, 0, wanted, position);
    });
    return read;
  }

  write(bytes: Uint8Array, position: number): number {
    let whole = bytes;
    if (bytes.length > 1 && this.#files.isFault(this.#files.rates.shortIn)) {
      this.#files.count('short write');
      whole = bytes.subarray(0, 1 + this.#random.next(bytes.length - 1));
    }
    const part = whole.subarray(0, this.#random.next(whole.length));
    try {
      this.#files.call('write', 'EIO|ENOSPC', () => this.#put(whole, position));
    } catch (error) {
      // A call that fails, or that the process dies in, may have written a part.
      if (part.length > 0) {
        this.#files.count('torn write');
        this.#put(part, position);
      }
      throw error;
    }
    return whole.length;
  }

  writeEach(buffers: readonly Uint8Array[], position: number): number {
    return this.write(Buffer.concat(buffers), position);
  }

  #put(bytes: Uint8Array, position: number): void {
    writeSync(this.#fd, bytes, 0, bytes.length, position);
    const { content } = this.#node;
    const next = new Uint8Array(Math.max(content.length, position + bytes.length));
    next.set(content);
    next.set(bytes, position);
    this.#node.change(next, position, position + bytes.length);
  }

  truncate(bytes: number): void {
    this.#files.call('truncate', 'EIO', () => {
      ftruncateSync(this.#fd, bytes);
      const next = new Uint8Array(bytes);
      next.set(this.#node.content.subarray(0, bytes));
      // The kernel writes the page again that the new end lies in.
      this.#node.change(next, bytes - (bytes % SECTOR_BYTES), Number.MAX_SAFE_INTEGER);
    });
  }

  sync(): void {
    this.#sync();
  }

  syncContent(): void {
    this.#sync();
  }

  #sync(): void {
    refreshFile(this.#node, readFileSync(this.#path));
    try {
      this.#files.call('sync', 'EIO', () => this.#node.synced());
    } catch (error) {
      if (!(error instanceof ProcessEnd)) this.#node.syncFailed(this.#random);
      throw error;
    }
  }

  close(): void {
    this.#files.closed(this.#fd);
  }
}
