// Runs of samples of one generation: taking samples in, and reading them back.
// Layout and codec: docs/design/0004-sample-runs.md. Twin: test/storage/head/plain-runs.ts.

/** Of a generation: addresses of its table pages, then the fields below. */
const FIRST_FREE: usize = 32768;
const FIRST_END: usize = 32772;
const SLICE_FREE: usize = 32776;
const SLICE_END: usize = 32780;
const OLDER: usize = 32784;
const STOP_SERIES: usize = 32788;
const STOP_SAMPLE: usize = 32792;
const STORED: usize = 32800;
const MIN_TIME: usize = 32808;
const MAX_TIME: usize = 32816;
const POWERS: usize = 32832;

/** Of an entry of the table: one series. A checkpoint of a run is the entry as it was then. */
const ENTRY_BYTES: usize = 32;
/** Marks, in `first`, the address of the last checkpoint instead of that of the first slice. */
const CHECKPOINT: u32 = 1;
/** A run has one for every so many samples. */
const CHECKPOINT_SAMPLES: u32 = 256;
const FIRST: usize = 0;
const AT: usize = 4;
const COUNT: usize = 8;
/** Last difference of timestamps << 4 | scale. */
const TREND: usize = 12;
const LAST_MS: usize = 16;
const LAST_VALUE: usize = 24;

const FIRST_BYTES: u32 = 32;
const SLICE_BYTES: u32 = 64;
const LINK_BYTES: u32 = 4;

/** Why `insert` stopped. */
const DONE: u32 = 0;
const NEEDS_TABLE: u32 = 1;
const NEEDS_FIRST: u32 = 2;
const NEEDS_SLICE: u32 = 3;
const NEEDS_JUDGING: u32 = 4;

const STEP_ESCAPE: u32 = 15;
const SCALE_ESCAPE: u32 = 15;
/** No decimal: values as they are. Its power is NaN. */
const NO_SCALE: u32 = 15;
const SCALE_MAX: u32 = 6;
/** Of values without a scale only those with so many decimals are looked at again. */
const SCALE_RETRIED: u32 = 3;
const DECIMAL_LIMIT: f64 = 1125899906842624; // 2^50
const STEP_LIMIT: i64 = 134217728; // 2^27

/** The entry of a series, 0 where its table page is missing. */
function entryOf(generation: usize, ref: u32): usize {
  const page = load<u32>(generation + ((<usize>(ref >>> 11)) << 2));
  return page === 0 ? 0 : <usize>page + <usize>(ref & 2047) * ENTRY_BYTES;
}

/**
 * Inserts the samples of a part from series `series` and sample `sample` on. Where it stops, the
 * place is in the generation; `isJudged` says that the first sample is newer than what the older
 * generation has to say about.
 */
export function insert(
  generation: usize,
  refs: usize,
  offsets: usize,
  times: usize,
  values: usize,
  seriesEnd: u32,
  series: u32,
  sample: u32,
  isJudged: bool,
): u32 {
  const older: usize = load<u32>(generation + OLDER);
  let minTime = load<f64>(generation + MIN_TIME);
  let maxTime = load<f64>(generation + MAX_TIME);
  let stored: u32 = 0;
  let reason = DONE;
  let s = series;
  let k = sample;
  for (; s < seriesEnd; s++) {
    const ref = load<u32>(refs + 4 * <usize>s);
    const end = load<u32>(offsets + 4 * <usize>s + 4);
    if (k >= end) continue;
    const entry = entryOf(generation, ref);
    if (entry === 0) {
      reason = NEEDS_TABLE;
      break;
    }
    for (; k < end; k++) {
      const time = load<f64>(times + 8 * <usize>k);
      if (load<u32>(entry + COUNT) !== 0 && time <= load<f64>(entry + LAST_MS)) {
        reason = NEEDS_JUDGING;
        break;
      }
      if (older !== 0 && !isJudged && isOlder(older, ref, time)) {
        reason = NEEDS_JUDGING;
        break;
      }
      reason = write(generation, entry, <i64>time, load<i64>(values + 8 * <usize>k));
      if (reason !== DONE) break;
      isJudged = false;
      if (time < minTime) minTime = time;
      if (time > maxTime) maxTime = time;
      stored++;
    }
    if (reason !== DONE) break;
  }
  store<f64>(generation + STORED, load<f64>(generation + STORED) + <f64>stored);
  store<f64>(generation + MIN_TIME, minTime);
  store<f64>(generation + MAX_TIME, maxTime);
  store<u32>(generation + STOP_SERIES, s);
  store<u32>(generation + STOP_SAMPLE, k);
  return reason;
}

/**
 * Whether every sample of a part lies within bounds and none is of the time of the newest of its
 * series: what is there and what the part has before it.
 */
export function isClean(
  generation: usize,
  refs: usize,
  offsets: usize,
  times: usize,
  seriesEnd: u32,
  minTime: f64,
  maxTime: f64,
): bool {
  const older: usize = load<u32>(generation + OLDER);
  let k = load<u32>(offsets);
  for (let s: u32 = 0; s < seriesEnd; s++) {
    const ref = load<u32>(refs + 4 * <usize>s);
    const end = load<u32>(offsets + 4 * <usize>s + 4);
    let newest = lastTime(generation, ref);
    if (older !== 0) newest = max(newest, lastTime(older, ref));
    for (; k < end; k++) {
      const time = load<f64>(times + 8 * <usize>k);
      // Written so that NaN is not clean.
      if (!(time >= minTime && time <= maxTime && time !== newest)) return false;
      newest = max(newest, time);
    }
  }
  return true;
}

/** Timestamp of the last sample of a run. */
function lastTime(generation: usize, ref: u32): f64 {
  const entry = entryOf(generation, ref);
  return entry === 0 || load<u32>(entry + COUNT) === 0 ? -Infinity : load<f64>(entry + LAST_MS);
}

/** Whether a generation before has something of a series at or after a time. */
function isOlder(older: usize, ref: u32, time: f64): bool {
  return time <= lastTime(older, ref);
}

/** Appends a sample to a run; what it needs first, or DONE. */
function write(generation: usize, entry: usize, ms: i64, bits: i64): u32 {
  const count = load<u32>(entry + COUNT);
  const lastMs = <i64>load<f64>(entry + LAST_MS);
  const last = load<i64>(entry + LAST_VALUE);
  const trend = load<i32>(entry + TREND);
  const scaleBefore: u32 = trend & 15;
  let scale = scaleBefore;
  let hasScale = false;
  let kind: u32 = 0;
  let bytes: u32 = 0;
  let word: u64 = 0;
  if (bits !== last) {
    const value = reinterpret<f64>(bits);
    let power = load<f64>(generation + POWERS + 8 * <usize>scale);
    let number = nearest(value * power);
    let isDecimal = fits(number, power, bits);
    if (!isDecimal && (bits & 0x7ff0000000000000) !== 0x7ff0000000000000) {
      scale = scaleFor(generation, scaleBefore, value);
      power = load<f64>(generation + POWERS + 8 * <usize>scale);
      number = nearest(value * power);
      isDecimal = hasScale = scale !== NO_SCALE;
    }
    if (isDecimal) {
      const difference = number - numberOf(last, power);
      const whole = <i64>difference;
      word = <u64>((whole << 1) ^ (whole >> 63));
      bytes = max<u32>(1, <u32>(71 - clz(word)) >>> 3);
      kind = bytes;
      if (word - 1 < 4) {
        kind = 10 + <u32>word;
        bytes = 0;
      }
    }
    if (!isDecimal || bytes > 6) {
      word = bits ^ last;
      bytes = max<u32>(5, <u32>(71 - clz(word)) >>> 3);
      kind = 15 - bytes;
      // What no scale was written for has to be found out again.
      if (hasScale) scale = scaleBefore;
      hasScale = false;
    }
  }
  const step = ms - lastMs - (trend >> 4);
  const isNear = step >= -7 && step <= 6;
  const rest: u64 = <u64>((step << 1) ^ (step >> 63));
  const restBytes: u32 = isNear ? 0 : max<u32>(1, <u32>(70 - clz(rest)) / 7);
  const length: u32 = 1 + restBytes + <u32>hasScale + bytes;
  let at = load<u32>(entry + AT);
  if (count === 0) {
    at = load<u32>(generation + FIRST_FREE);
    if (at === load<u32>(generation + FIRST_END)) return NEEDS_FIRST;
    store<u32>(generation + FIRST_FREE, at + FIRST_BYTES);
    store<u32>(entry + FIRST, at);
  } else {
    const first = load<u32>(entry + FIRST);
    const end = sliceEnd(first, at);
    if (at + length > end) {
      at = load<u32>(generation + SLICE_FREE);
      if (at === load<u32>(generation + SLICE_END)) return NEEDS_SLICE;
      const before = first & CHECKPOINT ? load<u32>(first - CHECKPOINT + COUNT) : 0;
      if (count - before >= CHECKPOINT_SAMPLES) {
        if (!addCheckpoint(generation, entry, at)) return NEEDS_FIRST;
      }
      store<u32>(generation + SLICE_FREE, at + SLICE_BYTES);
      store<u32>(end, at);
    }
  }
  const code: u32 = isNear ? <u32>(step + 8) : STEP_ESCAPE;
  store<u8>(at++, (code << 4) | (hasScale ? SCALE_ESCAPE : kind));
  if (!isNear) at = writeVarint(at, rest);
  if (hasScale) store<u8>(at++, (kind << 4) | scale);
  // Zeros beyond the bytes reach into the link of the slice at most, which is not set yet.
  if (bytes > 4) store<u64>(at, word);
  else if (bytes > 0) store<u32>(at, <u32>word);
  store<u32>(entry + AT, at + bytes);
  store<u32>(entry + COUNT, count + 1);
  const delta = ms - lastMs;
  const isSmall = count !== 0 && delta < STEP_LIMIT;
  store<u32>(entry + TREND, (isSmall ? (<u32>delta) << 4 : 0) | scale);
  store<f64>(entry + LAST_MS, <f64>ms);
  store<i64>(entry + LAST_VALUE, bits);
  return DONE;
}

/** Keeps the entry as it is, so that readers may begin at the slice that comes next. */
function addCheckpoint(generation: usize, entry: usize, next: u32): bool {
  const to = load<u32>(generation + FIRST_FREE);
  if (to === load<u32>(generation + FIRST_END)) return false;
  store<u32>(generation + FIRST_FREE, to + FIRST_BYTES);
  memory.copy(to, entry, ENTRY_BYTES);
  store<u32>(<usize>to + AT, next);
  store<u32>(entry + FIRST, to + CHECKPOINT);
  return true;
}

/** Where the slice that `at` stands in has its link. */
function sliceEnd(first: u32, at: u32): u32 {
  return at - first < FIRST_BYTES
    ? first + FIRST_BYTES - LINK_BYTES
    : (at & ~(SLICE_BYTES - 1)) + SLICE_BYTES - LINK_BYTES;
}

/** Whether a whole number over a power of ten is a value, bit by bit. */
function fits(number: f64, power: f64, bits: i64): bool {
  if (!(abs(number) < DECIMAL_LIMIT) || reinterpret<i64>(number / power) !== bits) return false;
  return number !== 0 || bits === 0;
}

/** The whole number that differences count from. */
function numberOf(bits: i64, power: f64): f64 {
  const number = nearest(reinterpret<f64>(bits) * power);
  return abs(number) < DECIMAL_LIMIT ? number : 0;
}

/** The scale for a value that does not fit the one before. */
function scaleFor(generation: usize, before: u32, value: f64): u32 {
  if (before === NO_SCALE) {
    if (hasDecimals(generation, SCALE_RETRIED, value)) return SCALE_RETRIED;
    return hasDecimals(generation, 0, value) ? 0 : NO_SCALE;
  }
  for (let scale = before + 1; scale <= SCALE_MAX; scale++) {
    if (hasDecimals(generation, scale, value)) return scale;
  }
  return NO_SCALE;
}

function hasDecimals(generation: usize, scale: u32, value: f64): bool {
  const power = load<f64>(generation + POWERS + 8 * <usize>scale);
  return fits(nearest(value * power), power, reinterpret<i64>(value));
}

function writeVarint(from: u32, value: u64): u32 {
  let at = from;
  let rest = value;
  for (; rest >= 128; rest >>= 7) store<u8>(at++, <u8>rest | 128);
  store<u8>(at++, <u8>rest);
  return at;
}

/**
 * Decodes the samples of a series within [startMs, endMs] into columns that have room for all of
 * its run; returns how many.
 */
export function read(
  generation: usize,
  ref: u32,
  startMs: f64,
  endMs: f64,
  times: usize,
  values: usize,
): u32 {
  const entry = entryOf(generation, ref);
  if (entry === 0) return 0;
  let left = load<u32>(entry + COUNT);
  if (left === 0 || load<f64>(entry + LAST_MS) < startMs) return 0;
  let first = load<u32>(entry + FIRST);
  while (first & CHECKPOINT) {
    if (load<f64>(first - CHECKPOINT + LAST_MS) < startMs) break;
    first = load<u32>(first - CHECKPOINT + FIRST);
  }
  let at: usize = first;
  let end = at + FIRST_BYTES - LINK_BYTES;
  let ms: i64 = 0;
  let delta: i64 = 0;
  let bits: i64 = 0;
  let power: f64 = 1;
  let number: f64 = 0;
  let isNumber = true;
  let kept: usize = 0;
  let isFirst = true;
  if (first & CHECKPOINT) {
    const from: usize = first - CHECKPOINT;
    left -= load<u32>(from + COUNT);
    at = load<u32>(from + AT);
    end = at + SLICE_BYTES - LINK_BYTES;
    ms = <i64>load<f64>(from + LAST_MS);
    bits = load<i64>(from + LAST_VALUE);
    const trend = load<i32>(from + TREND);
    delta = trend >> 4;
    power = load<f64>(generation + POWERS + 8 * <usize>(trend & 15));
    isNumber = false;
    isFirst = false;
  }
  while (left > 0) {
    const head: u32 = at === end ? 0 : load<u8>(at);
    if (head === 0) {
      at = load<u32>(end);
      end = at + SLICE_BYTES - LINK_BYTES;
      // The slice after this one is on its way while this one is decoded.
      load<u8>(load<u32>(end));
      continue;
    }
    at++;
    left--;
    let kind = head & 15;
    let step: i64 = <i64>(head >>> 4) - 8;
    if (step === 7) {
      let rest: u64 = 0;
      let byte: u64 = 128;
      for (let shift: u64 = 0; byte >= 128; shift += 7) {
        byte = load<u8>(at++);
        rest |= (byte & 127) << shift;
      }
      step = <i64>(rest >>> 1) ^ -(<i64>(rest & 1));
    }
    delta += step;
    ms += delta;
    if (isFirst || delta >= STEP_LIMIT) delta = 0;
    isFirst = false;
    if (kind === SCALE_ESCAPE) {
      const pair: u32 = load<u8>(at++);
      kind = pair >>> 4;
      power = load<f64>(generation + POWERS + 8 * <usize>(pair & 15));
      isNumber = false;
    }
    if (kind >= 7 && kind <= 10) {
      // Loaded from before, so that nothing beyond the memory is touched.
      const bytes = 15 - kind;
      at += bytes;
      bits ^= load<u64>(at - 8) >>> (64 - 8 * <u64>bytes);
      isNumber = false;
    } else {
      // Without a branch on what differs from sample to sample.
      if (!isNumber) number = numberOf(bits, power);
      isNumber = true;
      const bytes: u32 = kind <= 6 ? kind : 0;
      at += bytes;
      const loaded = load<u64>(at - 8) >>> ((64 - 8 * <u64>bytes) & 63);
      const word: u64 = bytes !== 0 ? loaded : kind > 10 ? <u64>(kind - 10) : 0;
      number += <f64>(<i64>(word >>> 1) ^ -(<i64>(word & 1)));
      bits = kind === 0 ? bits : reinterpret<i64>(number / power);
    }
    const time = <f64>ms;
    if (time > endMs) break;
    store<f64>(times + kept, time);
    store<i64>(values + kept, bits);
    if (time >= startMs) kept += 8;
  }
  return <u32>(kept >>> 3);
}
