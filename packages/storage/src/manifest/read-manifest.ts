/**
 * Reads MANIFEST.log whole and tells a write cut short from damage.
 *
 * A torn tail is what a crash leaves of a record that was never acknowledged: the file ends within
 * it, or some of its sectors never reached the disk and read as zeros. No intact record has a zero
 * in its text or as its first byte, and no flipped bit makes one there. What else is not intact is
 * damage: dropping such a record would drop blocks, so it is an error.
 */
import { FRAME_BYTES, framePayloadBytes, isPayloadIntact } from '../log/record-frame.ts';
import { MonError, reasonOf } from '../model/error.ts';
import type { ManifestChange } from './manifest-entry.ts';
import {
  CHANGE_RECORD,
  HEAD_RECORD,
  type ManifestHead,
  type ManifestState,
  parseChange,
  parseHead,
  parseState,
  STATE_RECORD,
} from './manifest-record.ts';

export interface ManifestContent {
  readonly head: ManifestHead;
  readonly records: readonly ManifestRecord[];
  /** Where the intact records end. */
  readonly endOffset: number;
}

export type ManifestRecord =
  | { readonly kind: 'state'; readonly state: ManifestState }
  | { readonly kind: 'change'; readonly change: ManifestChange };

/** @throws MonError `corrupt-manifest` naming file and byte */
export function readManifest(path: string, bytes: Uint8Array): ManifestContent {
  const records: ManifestRecord[] = [];
  let head: ManifestHead | undefined;
  let at = 0;
  while (at < bytes.length) {
    const end = recordEnd(bytes, at);
    if (typeof end === 'string') {
      if (isTornAt(bytes, at)) break;
      throw corrupt(path, at, end);
    }
    const payload = bytes.subarray(at + FRAME_BYTES, end);
    const kind = bytes[at + 1] as number;
    try {
      if (head === undefined) head = firstRecord(kind, payload);
      else records.push(parseRecord(kind, payload));
    } catch (cause) {
      throw corrupt(path, at, reasonOf(cause));
    }
    at = end;
  }
  if (head === undefined) throw corrupt(path, 0, 'it holds no record');
  return { head, records, endOffset: at };
}

function firstRecord(kind: number, payload: Uint8Array): ManifestHead {
  if (kind !== HEAD_RECORD) throw new Error(`the first record is of kind ${kind}`);
  return parseHead(payload);
}

export function parseRecord(kind: number, payload: Uint8Array): ManifestRecord {
  if (kind === STATE_RECORD) return { kind: 'state', state: parseState(payload) };
  if (kind === CHANGE_RECORD) return { kind: 'change', change: parseChange(payload) };
  throw new Error(`records of kind ${kind} are not known`);
}

/** Where the intact record at an offset ends, or what is wrong with it. */
export function recordEnd(bytes: Uint8Array, at: number): number | string {
  if (bytes.length - at < FRAME_BYTES) return 'the file ends within the header of a record';
  const payloadBytes = framePayloadBytes(bytes, at);
  if (payloadBytes < 0) return 'the header of a record is damaged';
  const end = at + FRAME_BYTES + payloadBytes;
  if (end > bytes.length) return 'the file ends within a record';
  if (!isPayloadIntact(bytes, at, payloadBytes)) return "a record's checksum is wrong";
  return end;
}

export function isTornAt(bytes: Uint8Array, at: number): boolean {
  for (let next = at + 1; next + FRAME_BYTES <= bytes.length; next++) {
    if (typeof recordEnd(bytes, next) === 'number') return false;
  }
  if (bytes.length - at < FRAME_BYTES) return true;
  const payloadBytes = framePayloadBytes(bytes, at);
  // Of a header across two sectors, one of which was never written, one end is zero.
  if (payloadBytes < 0) return bytes[at] === 0 || bytes[at + FRAME_BYTES - 1] === 0;
  const end = at + FRAME_BYTES + payloadBytes;
  // One record at most is on its way to the disk: what has another behind it was acknowledged.
  if (end !== bytes.length) return end > bytes.length;
  return bytes.includes(0, at + FRAME_BYTES);
}

function corrupt(path: string, at: number, reason: string): MonError {
  return new MonError({
    code: 'corrupt-manifest',
    what: `Cannot read ${path}`,
    why: `at byte ${at}: ${reason}`,
    mend: 'Restore the data directory from a backup; without the manifest no block is known.',
  });
}
