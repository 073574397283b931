/**
 * What a segment is read into: memory of the thread's own, or of a shard, where kernels read on.
 */
import { crc32c } from '../encoding/crc32c.ts';

export const WINDOW_BYTES = 1024 * 1024;

export interface WindowMemory {
  /** Taken anew after `grow`. */
  readonly bytes: Uint8Array;
  /** Makes it at least so long; what was in it is void. */
  grow(bytes: number): void;
  /** CRC32C of a part of `bytes`. */
  checksum(part: Uint8Array): number;
}

export class HeapWindow implements WindowMemory {
  bytes: Uint8Array = new Uint8Array(WINDOW_BYTES);

  grow(bytes: number): void {
    this.bytes = new Uint8Array(bytes);
  }

  checksum(part: Uint8Array): number {
    return crc32c(part, 0, part.length);
  }
}
