// Deals the samples of a request out to the shards that own their series: columns to columns.
// Twin: the test in test/storage/shard/ingest-kernels.test.ts.
import { RequestFrame } from './parts/request-frame';

/** A part, by owner: where its columns stand, and what it holds so far. */
@unmanaged
class Part {
  timestamps: u32;
  valueBits: u32;
  refs: u32;
  sampleOffsets: u32;
  /** For each series of the part its offset once more, and the number of its first sample. */
  sentOffsets: u32;
  firstSamples: u32;
  seriesCount: u32;
  sampleCount: u32;
}

/** Fills the parts of all owners; each is long enough. */
export function deal(request: usize, parts: usize): void {
  const columns = changetype<RequestFrame>(request);
  const shards = columns.shards;
  for (let i: u32 = 0, count = columns.seriesCount; i < count; i++) {
    const owner = load<u32>(columns.owners + 4 * i);
    if (owner >= shards) continue;
    const part = changetype<Part>(parts + owner * offsetof<Part>());
    const series = part.seriesCount++;
    let at = part.sampleCount;
    let from = load<u32>(columns.sampleOffsets + 4 * i);
    const to = load<u32>(columns.sampleOffsets + 4 * i, 4);
    store<u32>(part.refs + 4 * series, load<u32>(columns.refs + 4 * i));
    store<u32>(part.sampleOffsets + 4 * series, at);
    store<u32>(part.sentOffsets + 4 * series, at);
    store<u32>(part.firstSamples + 4 * series, from);
    for (; from < to; from++, at++) {
      store<u64>(part.timestamps + 8 * at, load<u64>(columns.timestamps + 8 * from));
      store<u64>(part.valueBits + 8 * at, load<u64>(columns.valueBits + 8 * from));
    }
    part.sampleCount = at;
    store<u32>(part.sampleOffsets + 4 * series, at, 4);
  }
}
