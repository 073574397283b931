// Walks an unpacked body of remote write 1.0 into columns. Twin: src/protocol/remote-write.ts.
// Treats what senders send: series of labels and samples. Anything else, and anything wrong, is
// handed back to the twin. Source: prometheus/prometheus prompb/remote.proto, prompb/types.proto.
import { RequestFrame } from './parts/request-frame';

// Results of a walk.
const WALKED: i32 = 0;
const COLUMNS_FULL: i32 = 1;
const HANDED_BACK: i32 = 2;

const TAG_BYTES_1: u8 = 0x0a;
const TAG_BYTES_2: u8 = 0x12;
const TAG_DOUBLE_1: u8 = 0x09;
const TAG_VARINT_2: u8 = 0x10;

/** Walks [from, to); ranges in the columns are addresses. */
export function walk(from: usize, to: usize, frame: usize): i32 {
  const columns = changetype<RequestFrame>(frame);
  const seriesMax = columns.seriesMax;
  const samplesMax = columns.samplesMax;
  const timestamps = columns.timestamps;
  const valueBits = columns.valueBits;
  let series: u32 = 0;
  let samples: u32 = 0;
  let at = from;
  while (at < to) {
    if (load<u8>(at) !== TAG_BYTES_1) return HANDED_BACK;
    // Length of the series: one, two or three bytes.
    let length: usize = load<u8>(at + 1);
    at += 2;
    if (length >= 0x80) {
      const second: usize = load<u8>(at++);
      length = (length & 0x7f) | ((second & 0x7f) << 7);
      if (second >= 0x80) {
        const third: usize = load<u8>(at++);
        if (third >= 0x80) return HANDED_BACK;
        length |= third << 14;
      }
    }
    if (at > to || length > to - at) return HANDED_BACK;
    if (series === seriesMax) return COLUMNS_FULL;
    const end = at + length;
    store<u32>(columns.seriesFrom + 4 * series, <u32>at);
    store<u32>(columns.seriesTo + 4 * series, <u32>end);
    store<u32>(columns.sampleOffsets + 4 * series, samples);
    // Labels, together, and before anything else.
    store<u32>(columns.labelsFrom + 4 * series, <u32>at);
    while (at < end && load<u8>(at) === TAG_BYTES_1) {
      let bytes: usize = load<u8>(at + 1);
      at += 2;
      if (bytes >= 0x80) {
        const second: usize = load<u8>(at++);
        if (second >= 0x80) return HANDED_BACK;
        bytes = (bytes & 0x7f) | (second << 7);
      }
      if (at > end || bytes > end - at) return HANDED_BACK;
      at += bytes;
    }
    store<u32>(columns.labelsTo + 4 * series, <u32>at);
    while (at < end) {
      // A sample as all senders write it: value, then timestamp; zeros are left out.
      if (load<u8>(at) !== TAG_BYTES_2) return HANDED_BACK;
      const bytes: usize = load<u8>(at + 1);
      at += 2;
      if (at > end || bytes >= 0x80 || bytes > end - at) return HANDED_BACK;
      if (samples === samplesMax) return COLUMNS_FULL;
      const sampleEnd = at + bytes;
      let bits: u64 = 0;
      let timestamp: i64 = 0;
      if (at < sampleEnd && load<u8>(at) === TAG_DOUBLE_1) {
        if (sampleEnd - at < 9) return HANDED_BACK;
        bits = load<u64>(at + 1);
        at += 9;
      }
      if (at < sampleEnd) {
        if (load<u8>(at++) !== TAG_VARINT_2) return HANDED_BACK;
        let shift: i64 = 0;
        for (;;) {
          // Longer ones are of times before 1970, or beyond any.
          if (at >= sampleEnd || shift > 49) return HANDED_BACK;
          const byte: i64 = load<u8>(at++);
          timestamp |= (byte & 0x7f) << shift;
          if (byte < 0x80) break;
          shift += 7;
        }
        if (at !== sampleEnd) return HANDED_BACK;
      }
      store<f64>(timestamps + 8 * samples, <f64>timestamp);
      store<u64>(valueBits + 8 * samples, bits);
      samples++;
    }
    series++;
  }
  store<u32>(columns.sampleOffsets + 4 * series, samples);
  columns.seriesCount = series;
  columns.sampleCount = samples;
  return WALKED;
}
