/**
 * CRC32C of what stands in a shard's memory: `kernels/checksum.ts`; twin: `encoding/crc32c.ts`.
 */
import { loadKernel } from './load-kernel.ts';
import type { ShardMemory } from './shard-memory.ts';

interface ChecksumKernel {
  prepareChecksum(tables: number): void;
  checksum(tables: number, from: number, to: number, crc: number): number;
}

export class ShardChecksum {
  readonly #memory: ShardMemory;
  readonly #kernel: ChecksumKernel;
  readonly #tables: number;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#kernel = loadKernel<ChecksumKernel>('checksum', memory.memory);
    this.#tables = memory.allocate();
    this.#kernel.prepareChecksum(this.#tables);
  }

  /** Of the bytes in [from, to). */
  of(from: number, to: number): number {
    return this.#kernel.checksum(this.#tables, from, to, 0) >>> 0;
  }

  release(): void {
    this.#memory.release(this.#tables);
  }
}
