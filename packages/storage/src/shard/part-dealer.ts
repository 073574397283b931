/**
 * Deals a request's columns out into parts, one for each shard that owns series of it.
 *
 * Behind a part, in the same piece of transit, stands what only the sender needs, to say which
 * sample of the request was rejected: the part's offsets as they were, for admission changes them,
 * and the number of each series' first sample.
 */
import { SamplePart } from '../head/sample-part.ts';
import { loadKernel } from '../memory/load-kernel.ts';
import type { ShardMemory } from '../memory/shard-memory.ts';
import type { TransitSpace } from '../memory/transit-space.ts';
import type { RequestColumns } from './request-columns.ts';

/** Words of a part's description in the kernel. */
const DESCRIPTION_WORDS = 8;
const SERIES_COUNT = 6;
const SAMPLE_COUNT = 7;

interface DealKernel {
  deal(request: number, parts: number): void;
}

/** A shard's share of a request. */
export class DealtPart {
  readonly owner: number;
  readonly part: SamplePart;
  readonly #sentAt: number;

  constructor(owner: number, part: SamplePart, sentAt: number) {
    this.owner = owner;
    this.part = part;
    this.#sentAt = sentAt;
  }

  /** Number in the request of a sample of the part as it was dealt out. */
  requestIndex(sample: number): number {
    const { buffer, seriesMax } = this.part;
    const offsets = new Uint32Array(buffer, this.#sentAt, seriesMax);
    const firstSamples = new Uint32Array(buffer, this.#sentAt + 4 * seriesMax, seriesMax);
    let series = 0;
    while (series + 1 < seriesMax && (offsets[series + 1] as number) <= sample) series++;
    return (firstSamples[series] as number) + sample - (offsets[series] as number);
  }
}

export class PartDealer {
  readonly #kernel: DealKernel;
  readonly #transit: TransitSpace;
  readonly #shards: number;
  /** The descriptions of the parts, by shard. */
  readonly #parts: Uint32Array<SharedArrayBuffer>;

  constructor(memory: ShardMemory, transit: TransitSpace, shards: number) {
    this.#kernel = loadKernel<DealKernel>('deal', memory.memory);
    this.#transit = transit;
    this.#shards = shards;
    const words = DESCRIPTION_WORDS * shards;
    this.#parts = new Uint32Array(transit.buffer, transit.take(4 * words), words);
  }

  /** @throws MonError `overloaded` */
  deal(columns: RequestColumns): DealtPart[] {
    const dealt: DealtPart[] = [];
    try {
      for (let owner = 0; owner < this.#shards; owner++) {
        const seriesCount = columns.counts[2 * owner] as number;
        if (seriesCount === 0) continue;
        dealt.push(this.#layOut(owner, seriesCount, columns.counts[2 * owner + 1] as number));
      }
    } catch (error) {
      for (const { part } of dealt) this.#transit.give(part.address);
      throw error;
    }
    this.#kernel.deal(columns.frameAt, this.#parts.byteOffset);
    return dealt;
  }

  /** Gives back a part that nobody was told of. */
  giveBack({ part }: DealtPart): void {
    this.#transit.give(part.address);
  }

  #layOut(owner: number, seriesCount: number, sampleCount: number): DealtPart {
    const transit = this.#transit;
    const partBytes = SamplePart.bytes(seriesCount, sampleCount);
    const address = transit.take(partBytes + 8 * seriesCount);
    const part = new SamplePart({ buffer: transit.buffer, address }, seriesCount, sampleCount);
    const sentAt = address + partBytes;
    const description = owner * DESCRIPTION_WORDS;
    const { timestampsAt, valueBitsAt, refsAt, sampleOffsetsAt } = part;
    this.#parts[description] = timestampsAt;
    this.#parts[description + 1] = valueBitsAt;
    this.#parts[description + 2] = refsAt;
    this.#parts[description + 3] = sampleOffsetsAt;
    this.#parts[description + 4] = sentAt;
    this.#parts[description + 5] = sentAt + 4 * seriesCount;
    this.#parts[description + SERIES_COUNT] = 0;
    this.#parts[description + SAMPLE_COUNT] = 0;
    return new DealtPart(owner, part, sentAt);
  }
}
