/**
 * From a body of remote write 1.0 in the shard's memory to columns: unpacked and walked by kernels.
 *
 * What the kernels do not treat, rare fields and damage, is handed back to their twins,
 * `SnappyUnpacker` and `RemoteWriteWalk`. The plain body stays until the next.
 */
import { loadKernel } from '../memory/load-kernel.ts';
import { ScratchRow } from '../memory/scratch-row.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import { readPlainBytes } from '../protocol/snappy-unpacker.ts';
import type { RequestColumns } from './request-columns.ts';

/** A request may have so many samples, and as many series; its parts fit in the transit range. */
export const REQUEST_SAMPLES_MAX = 1024 * 1024;
/** Larger bodies are left to the twins, whose memory is given back. */
export const KERNEL_PLAIN_BYTES_MAX = 8 * 1024 * 1024;
/** What the snappy kernel may write behind what it unpacks. */
const SLACK_BYTES = 64;

/** Results of a walk. */
const WALKED = 0;
const COLUMNS_FULL = 1;

interface SnappyKernel {
  unpack(from: number, to: number, out: number, end: number): number;
}

interface WalkKernel {
  walk(from: number, to: number, frame: number): number;
}

export class BodyDecoder {
  readonly #memory: ShardMemory;
  readonly #snappy: SnappyKernel;
  readonly #walker: WalkKernel;
  readonly #plain: ScratchRow;

  constructor(memory: ShardMemory) {
    this.#memory = memory;
    this.#snappy = loadKernel<SnappyKernel>('snappy', memory.memory);
    this.#walker = loadKernel<WalkKernel>('remote-write', memory.memory);
    this.#plain = new ScratchRow(memory);
  }

  /**
   * Unpacks and walks the body at [from, to), which has slack behind it.
   *
   * @returns whether that is done; else the twins are to be asked, which say what is wrong
   * @throws MonError `bad-body`
   */
  decode(from: number, to: number, columns: RequestColumns): boolean {
    const packed = this.#memory.bytes.subarray(from, to);
    const { plainBytes, at } = readPlainBytes(packed);
    if (plainBytes > KERNEL_PLAIN_BYTES_MAX) return false;
    const plain = this.#plain.reserve(plainBytes + SLACK_BYTES);
    const end = plain + plainBytes;
    if (this.#snappy.unpack(from + at, to, plain, end) === 0) return false;
    let result = this.#walker.walk(plain, end, columns.frameAt);
    while (result === COLUMNS_FULL && columns.samplesMax < REQUEST_SAMPLES_MAX) {
      columns.reserve(columns.seriesMax * 2, columns.samplesMax * 2);
      result = this.#walker.walk(plain, end, columns.frameAt);
    }
    return result === WALKED;
  }
}
