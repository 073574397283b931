/**
 * The agent's end of a mon wire session: batches of remote write into frames. Series go by the bytes
 * of their labels, which are parsed once in an epoch.
 *
 * Format and rules: docs/protocol/mon-wire.md.
 */
import { WireWriter } from '@mon/storage/protocol/mon-wire-writer';
import { RemoteWriteWalk, readLabelPairs } from '@mon/storage/protocol/remote-write';
import type { BatchRequest } from './batch-request.ts';
import type { MetricFamilies } from './metric-families.ts';

export class WireSender {
  readonly #writer: WireWriter;
  readonly #walk = new RemoteWriteWalk();
  /** By label bytes, one character a byte. */
  readonly #series = new Map<string, number>();

  /** @param session 32 hexadecimal digits that nobody else has */
  constructor(session: string) {
    this.#writer = new WireWriter(session);
  }

  /** The next frame sends all labels anew. */
  reset(): void {
    this.#writer.reset();
    this.#series.clear();
  }

  /** A frame with what a batch holds; `families` learn what it says of metrics. */
  frame(
    { plain, lanes }: Pick<BatchRequest, 'plain' | 'lanes'>,
    families: MetricFamilies,
  ): Uint8Array<ArrayBuffer> {
    if (this.#writer.isFull) this.reset();
    const walk = this.#walk;
    walk.walk(plain);
    const { seriesCount, sampleOffsets, timestampsMs, valueBits, metadata } = walk;
    if (lanes.length > 0) this.#writer.addLanes(lanes);
    families.learn(metadata);
    for (const entry of metadata) this.#writer.addMetadata(entry);
    for (let i = 0; i < seriesCount; i++) {
      const series = this.#seriesOf(i);
      const end = sampleOffsets[i + 1] as number;
      for (let k = sampleOffsets[i] as number; k < end; k++) {
        const low = valueBits[2 * k] as number;
        const high = valueBits[2 * k + 1] as number;
        this.#writer.addSample(timestampsMs[k] as number, { series, low, high });
      }
    }
    return this.#writer.take();
  }

  #seriesOf(index: number): number {
    const { bytes, labelsFrom, labelsTo } = this.#walk;
    const from = labelsFrom[index] as number;
    const length = (labelsTo[index] as number) - from;
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + from, length).toString('latin1');
    const known = length > 0 ? this.#series.get(key) : undefined;
    if (known !== undefined) return known;
    const series = this.#writer.addSeries(readLabelPairs(this.#walk, index));
    if (length > 0) this.#series.set(key, series);
    return series;
  }
}
