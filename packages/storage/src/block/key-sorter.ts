/**
 * Takes keys and values in any order and gives them back in key order, in bounded memory.
 *
 * Series come by one after the other, each with all its slots, while keys are sorted by kind and
 * slot first: so what a block consists of is sorted outside of memory before LevelDB sees it. When
 * the entries held reach the limit they are sorted and written to a file as one run; at the end the
 * runs are merged. All reading and writing is sequential, a small block needs no file, and however
 * many slots there are, no file per slot.
 */
import { writeWhole } from '../files/file-actions.ts';
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node-files.ts';
import { assert } from '../model/assert.ts';
import { BinaryHeap } from './binary-heap.ts';

const FILE_PIECE_BYTES = 256 * 1024;
const ENTRY_HEAD_BYTES = 8;

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface KeySorterOptions {
  /** File for runs; made when needed, removed by close(). */
  readonly path: string;
  /** Entries beyond so many bytes are written out. */
  readonly bytesMax: number;
  readonly files?: Files;
}

export class KeySorter {
  readonly #options: KeySorterOptions;
  #entries: KeyValue[] = [];
  #bytes = 0;
  readonly #files: Files;
  #file: OpenFile | undefined;
  readonly #runs: { readonly from: number; readonly to: number }[] = [];

  constructor(options: KeySorterOptions) {
    this.#options = options;
    this.#files = options.files ?? nodeFiles;
  }

  /** Both arrays become the sorter's. */
  add(key: Uint8Array, value: Uint8Array): void {
    this.#entries.push({ key, value });
    // What the objects of an entry take beside its bytes.
    this.#bytes += key.length + value.length + 200;
    if (this.#bytes > this.#options.bytesMax) this.#writeRun();
  }

  /** All entries by key; nothing may be added from here on. */
  *drain(): Generator<KeyValue> {
    this.#entries.sort(byKey);
    const inputs: Iterator<KeyValue>[] = this.#runs.map((run) => this.#readRun(run));
    inputs.push(this.#entries.values());
    const heap = new BinaryHeap<{ entry: KeyValue; input: Iterator<KeyValue> }>((a, b) =>
      byKey(a.entry, b.entry),
    );
    for (const input of inputs) {
      const { value, done } = input.next();
      if (!done) heap.push({ entry: value, input });
    }
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      yield top.entry;
      const { value, done } = top.input.next();
      if (!done) heap.push({ entry: value, input: top.input });
    }
  }

  close(): void {
    this.#entries = [];
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.#files.remove(this.#options.path);
  }

  #writeRun(): void {
    this.#file ??= this.#files.open(this.#options.path, 'replace');
    const file = this.#file;
    this.#entries.sort(byKey);
    const from = this.#runs.at(-1)?.to ?? 0;
    let to = from;
    let pieces: Uint8Array[] = [];
    let held = 0;
    const flush = () => {
      to += writeWhole(file, [Buffer.concat(pieces, held)], to);
      pieces = [];
      held = 0;
    };
    for (const { key, value } of this.#entries) {
      const head = new Uint8Array(ENTRY_HEAD_BYTES);
      new Uint32Array(head.buffer).set([key.length, value.length]);
      pieces.push(head, key, value);
      held += head.length + key.length + value.length;
      if (held >= FILE_PIECE_BYTES) flush();
    }
    flush();
    this.#runs.push({ from, to });
    this.#entries = [];
    this.#bytes = 0;
  }

  *#readRun(run: { readonly from: number; readonly to: number }): Generator<KeyValue> {
    const file = this.#file as OpenFile;
    let held: Uint8Array = new Uint8Array(0);
    let at = 0;
    let next = run.from;
    const need = (bytes: number): void => {
      if (held.length - at >= bytes) return;
      const rest = held.subarray(at);
      const filled = new Uint8Array(Math.max(rest.length + FILE_PIECE_BYTES, bytes));
      filled.set(rest);
      let length = rest.length;
      while (length < filled.length && next < run.to) {
        const wanted = Math.min(filled.length - length, run.to - next);
        const read = file.read(filled.subarray(length, length + wanted), next);
        assert(read > 0, 'the sorting file ends early');
        length += read;
        next += read;
      }
      held = filled.subarray(0, length);
      at = 0;
    };
    while (at < held.length || next < run.to) {
      need(ENTRY_HEAD_BYTES);
      const view = new DataView(held.buffer, held.byteOffset + at, ENTRY_HEAD_BYTES);
      const keyLength = view.getUint32(0, true);
      const valueLength = view.getUint32(4, true);
      need(ENTRY_HEAD_BYTES + keyLength + valueLength);
      at += ENTRY_HEAD_BYTES;
      const key = held.slice(at, at + keyLength);
      at += keyLength;
      const value = held.slice(at, at + valueLength);
      at += valueLength;
      yield { key, value };
    }
  }
}

function byKey(a: KeyValue, b: KeyValue): number {
  return Buffer.compare(a.key, b.key);
}
