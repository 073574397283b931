/**
 * A window onto a log in a shard's memory: the byte offset of a view over it is an address.
 */
import { WINDOW_BYTES, type WindowMemory } from '../log/window-memory.ts';
import { loadKernel } from './load-kernel.ts';
import { ScratchRow } from './scratch-row.ts';
import type { ShardMemory } from './shard-memory.ts';

/** Exports of `kernels/checksum.ts`; twin: `encoding/crc32c.ts`. */
interface ChecksumKernel {
  prepareChecksum(tables: number): void;
  checksum(tables: number, from: number, to: number, crc: number): number;
}

export class ShardWindow implements WindowMemory {
  readonly #memory: ShardMemory;
  readonly #kernel: ChecksumKernel;
  readonly #row: ScratchRow;
  readonly #tables: number;
  bytes!: Uint8Array;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#kernel = loadKernel<ChecksumKernel>('checksum', memory.memory);
    this.#row = new ScratchRow(memory);
    this.#tables = memory.allocate();
    this.#kernel.prepareChecksum(this.#tables);
    this.grow(WINDOW_BYTES);
  }

  grow(bytes: number): void {
    const address = this.#row.reserve(bytes);
    this.bytes = new Uint8Array(this.#memory.buffer, address, bytes);
  }

  checksum(part: Uint8Array): number {
    const from = part.byteOffset;
    return this.#kernel.checksum(this.#tables, from, from + part.length, 0) >>> 0;
  }

  release(): void {
    this.#row.release();
    this.#memory.release(this.#tables);
  }
}
