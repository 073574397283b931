// Records of float samples: written from the columns of a part, and read back into such columns.
// Format: docs/formats/wal.md. Twins: WalRecordWriter.addSamples in src/head/wal-record.ts,
// ReplayedSamples in src/head/wal-replay.ts.

/** What a ref of the log stands for: not defined, another shard's, else our ref plus OWN. */
const UNDEFINED: u32 = 0;
const OWN: u32 = 2;

const DONE: u32 = 0;
const ENDS_EARLY: u32 = 1;
const TOO_MANY: u32 = 2;
const TOO_FEW: u32 = 3;
const TOO_LONG: u32 = 4;

/** Results: series kept, samples kept, samples lost; then the cursor of `readVarint`. */
const SERIES: usize = 0;
const KEPT: usize = 4;
const LOST: usize = 8;
const CURSOR: usize = 12;

/**
 * Keeps, of the series between `keys` and `keysEnd` whose `count` values follow, those that `ours`
 * (of `oursCount` entries) says are this shard's. The columns have room for `count` series and
 * samples, `result` has four words.
 */
export function decode(
  keys: usize,
  keysEnd: usize,
  count: u32,
  ours: usize,
  oursCount: u32,
  times: usize,
  values: usize,
  refs: usize,
  offsets: usize,
  result: usize,
): u32 {
  let source = keysEnd;
  let sample: u32 = 0;
  let kept: u32 = 0;
  let series: u32 = 0;
  let lost: u32 = 0;
  let ref: i64 = 0;
  let startMs: i64 = 0;
  store<u32>(result + CURSOR, keys);
  while (load<u32>(result + CURSOR) < <u32>keysEnd) {
    const key = readVarint(result, keysEnd);
    ref += unzigzag(key >>> 1);
    const several: u64 = key & 1 ? readVarint(result, keysEnd) : 1;
    if (several > <u64>(count - sample)) return TOO_MANY;
    const samples = <u32>several;
    startMs += unzigzag(readVarint(result, keysEnd));
    const own = <u32>ref < oursCount ? load<u32>(ours + 4 * <usize>(<u32>ref)) : UNDEFINED;
    const isOwn = own >= OWN;
    if (own === UNDEFINED) lost += samples;
    let beforeMs = startMs;
    let stepMs: i64 = 0;
    const at = times + 8 * <usize>kept;
    for (let k: u32 = 0; k < samples; k++) {
      if (k > 0) {
        stepMs += unzigzag(readVarint(result, keysEnd));
        beforeMs += stepMs;
      }
      if (isOwn) store<f64>(at + 8 * <usize>k, <f64>beforeMs);
    }
    if (isOwn && samples > 0) {
      const to = values + 8 * <usize>kept;
      if (samples === 1) store<i64>(to, load<i64>(source));
      else memory.copy(to, source, 8 * <usize>samples);
      store<u32>(refs + 4 * <usize>series, own - OWN);
      store<u32>(offsets + 4 * <usize>series, kept);
      series++;
      kept += samples;
    }
    sample += samples;
    source += 8 * <usize>samples;
  }
  if (load<u32>(result + CURSOR) === TOO_LONG_CURSOR) return TOO_LONG;
  if (load<u32>(result + CURSOR) !== <u32>keysEnd) return ENDS_EARLY;
  if (sample !== count) return TOO_FEW;
  store<u32>(offsets + 4 * <usize>series, kept);
  store<u32>(result + SERIES, series);
  store<u32>(result + KEPT, kept);
  store<u32>(result + LOST, lost);
  return DONE;
}

/** Where the cursor stands behind a number of more than eight bytes: behind any key. */
const TOO_LONG_CURSOR: u32 = 0xffffffff;

/** The number at the cursor, which ends up beyond `end` where it does not lie before that. */
function readVarint(result: usize, end: usize): u64 {
  let at: usize = load<u32>(result + CURSOR);
  if (at >= end) {
    // Nothing is read any more once a number was cut short.
    if (at === end) store<u32>(result + CURSOR, <u32>end + 1);
    return 0;
  }
  let byte: u64 = load<u8>(at++);
  let value = byte & 127;
  for (let shift: u64 = 7; byte >= 128; shift += 7) {
    if (shift > 49 || at >= end) {
      store<u32>(result + CURSOR, shift > 49 ? TOO_LONG_CURSOR : <u32>end + 1);
      return 0;
    }
    byte = load<u8>(at++);
    value |= (byte & 127) << shift;
  }
  store<u32>(result + CURSOR, <u32>at);
  return value;
}

function unzigzag(value: u64): i64 {
  return <i64>(value >>> 1) ^ -(<i64>(value & 1));
}

/**
 * Writes keys and values of a part from `to` on, where room is for the longest; returns where the keys
 * end and the values begin.
 */
export function encode(
  refs: usize,
  offsets: usize,
  times: usize,
  values: usize,
  seriesCount: u32,
  sampleCount: u32,
  to: usize,
): usize {
  let at = to;
  let previousRef: i64 = 0;
  let previousMs: i64 = 0;
  let k = load<u32>(offsets);
  for (let s: usize = 0; s < <usize>seriesCount; s++) {
    const ref = <i64>load<u32>(refs + 4 * s);
    const end = load<u32>(offsets + 4 * s + 4);
    const isSingle = end - k === 1;
    at = writeVarint(at, (zigzag(ref - previousRef) << 1) | (isSingle ? 0 : 1));
    if (!isSingle) at = writeVarint(at, end - k);
    previousRef = ref;
    const startMs = <i64>load<f64>(times + 8 * <usize>k);
    at = writeVarint(at, zigzag(startMs - previousMs));
    previousMs = startMs;
    let beforeMs = startMs;
    let stepMs: i64 = 0;
    for (k++; k < end; k++) {
      const ms = <i64>load<f64>(times + 8 * <usize>k);
      at = writeVarint(at, zigzag(ms - beforeMs - stepMs));
      stepMs = ms - beforeMs;
      beforeMs = ms;
    }
  }
  memory.copy(at, values, 8 * <usize>sampleCount);
  return at;
}

function writeVarint(from: usize, value: u64): usize {
  let at = from;
  let rest = value;
  for (; rest >= 128; rest >>= 7) store<u8>(at++, <u8>rest | 128);
  store<u8>(at++, <u8>rest);
  return at;
}

function zigzag(value: i64): u64 {
  return <u64>((value << 1) ^ (value >> 63));
}
