/**
 * Reads what is intact of a damaged MANIFEST.log. A record with one flipped bit is set right, since
 * its checksum tells which bit that is; what is beyond that is passed over and told.
 */
import { crc32c } from '../encoding/crc32c.ts';
import { findFlippedBit } from '../encoding/flipped-bit.ts';
import { FRAME_BYTES, framePayloadBytes, isPayloadIntact, readU32 } from '../log/record-frame.ts';
import { HEAD_RECORD, type ManifestHead, parseHead } from '../manifest/manifest-record.ts';
import {
  isTornAt,
  type ManifestRecord,
  parseRecord,
  recordEnd,
} from '../manifest/read-manifest.ts';
import { reasonOf } from '../model/error.ts';

export interface ManifestDamage {
  readonly offset: number;
  readonly bytes: number;
  readonly reason: string;
  /** Whether it was one flipped bit, and the record is known all the same. */
  readonly isMended: boolean;
}

export interface SalvagedManifest {
  /** Undefined where the head, and with it the hash key, is lost. */
  readonly head: ManifestHead | undefined;
  readonly records: readonly ManifestRecord[];
  readonly damages: readonly ManifestDamage[];
  /** Bytes at the end of a record that a crash cut short. */
  readonly tornBytes: number;
}

export function salvageManifest(stored: Uint8Array): SalvagedManifest {
  const bytes = Uint8Array.from(stored);
  const records: ManifestRecord[] = [];
  const damages: ManifestDamage[] = [];
  let head: ManifestHead | undefined;
  let tornBytes = 0;
  for (let at = 0; at < bytes.length; ) {
    let end = recordEnd(bytes, at);
    if (typeof end === 'string') {
      const reason = end;
      const isMended = mendRecord(bytes, at);
      if (!isMended && isTornAt(bytes, at)) {
        tornBytes = bytes.length - at;
        break;
      }
      const next = isMended ? (recordEnd(bytes, at) as number) : nextRecord(bytes, at);
      damages.push({ offset: at, bytes: next - at, reason, isMended });
      if (!isMended) {
        at = next;
        continue;
      }
      end = next;
    }
    try {
      const payload = bytes.subarray(at + FRAME_BYTES, end);
      const kind = bytes[at + 1] as number;
      if (kind === HEAD_RECORD) head ??= parseHead(payload);
      else records.push(parseRecord(kind, payload));
    } catch (error) {
      damages.push({ offset: at, bytes: end - at, reason: reasonOf(error), isMended: false });
    }
    at = end;
  }
  return { head, records, damages, tornBytes };
}

function nextRecord(bytes: Uint8Array, at: number): number {
  for (let next = at + 1; next + FRAME_BYTES <= bytes.length; next++) {
    if (typeof recordEnd(bytes, next) === 'number') return next;
  }
  return bytes.length;
}

/** Sets one flipped bit of the record at an offset right; false where that is not all. */
export function mendRecord(bytes: Uint8Array, at: number): boolean {
  if (bytes.length - at < FRAME_BYTES) return false;
  const payloadBytes = framePayloadBytes(bytes, at);
  if (payloadBytes < 0) return mendHeader(bytes, at);
  const from = at + FRAME_BYTES;
  const to = from + payloadBytes;
  if (to > bytes.length) return false;
  const sums = { found: crc32c(bytes, from, to), expected: readU32(bytes, at + 8) };
  const flipped = findFlippedBit({ from, to }, sums);
  // The stored checksum is under the header's check: it is right.
  if (flipped?.at === undefined) return false;
  bytes[flipped.at] = (bytes[flipped.at] as number) ^ (1 << flipped.bit);
  return true;
}

function mendHeader(bytes: Uint8Array, at: number): boolean {
  for (let bit = 0; bit < 8 * FRAME_BYTES; bit++) {
    const place = at + (bit >> 3);
    const before = bytes[place] as number;
    bytes[place] = before ^ (1 << (bit & 7));
    const payloadBytes = framePayloadBytes(bytes, at);
    const isWithin = payloadBytes >= 0 && at + FRAME_BYTES + payloadBytes <= bytes.length;
    if (isWithin && isPayloadIntact(bytes, at, payloadBytes)) return true;
    bytes[place] = before;
  }
  return false;
}
