/**
 * A window onto a log in a shard's memory: the byte offset of a view over it is an address.
 */
import { WINDOW_BYTES, type WindowMemory } from '../log/window-memory.ts';
import { ScratchRow } from './scratch-row.ts';
import { ShardChecksum } from './shard-checksum.ts';
import type { ShardMemory } from './shard-memory.ts';

export class ShardWindow implements WindowMemory {
  readonly #memory: ShardMemory;
  readonly #checksum: ShardChecksum;
  readonly #row: ScratchRow;
  bytes!: Uint8Array;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#checksum = new ShardChecksum(memory);
    this.#row = new ScratchRow(memory);
    this.grow(WINDOW_BYTES);
  }

  grow(bytes: number): void {
    const address = this.#row.reserve(bytes);
    this.bytes = new Uint8Array(this.#memory.buffer, address, bytes);
  }

  checksum(part: Uint8Array): number {
    const from = part.byteOffset;
    return this.#checksum.of(from, from + part.length);
  }

  release(): void {
    this.#row.release();
    this.#checksum.release();
  }
}
