/**
 * Remote read, the receiving side: a ReadRequest from its bytes.
 *
 * Source: prometheus/prometheus prompb/remote.proto, prompb/types.proto (LabelMatcher).
 */
import type { Matcher, MatcherKind } from '../model/matcher.ts';
import {
  bodyError,
  type Cursor,
  cursorOver,
  readInt64,
  readLength,
  readText,
  readVarint32,
  skipField,
} from './protobuf-reader.ts';

export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  /** What the asker takes, in the order of its liking; samples where it names none. */
  readonly responseTypes: readonly ReadResponseType[];
}

export type ReadResponseType = 'samples' | 'streamed-xor-chunks';

export interface ReadQuery {
  /** Both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly Matcher[];
}

const KINDS: readonly MatcherKind[] = ['=', '!=', '=~', '!~'];
const RESPONSE_TYPES: readonly ReadResponseType[] = ['samples', 'streamed-xor-chunks'];

/** Field number 1 as bytes, and so on. */
const BYTES_1 = 0x0a;
const BYTES_2 = 0x12;
const BYTES_3 = 0x1a;
const VARINT_1 = 0x08;
const VARINT_2 = 0x10;

/** @throws MonError `bad-body` */
export function decodeReadRequest(plain: Uint8Array): ReadRequest {
  const cursor = cursorOver(plain);
  const queries: ReadQuery[] = [];
  const responseTypes: ReadResponseType[] = [];
  const takeType = (number: number): void => {
    const type = RESPONSE_TYPES[number];
    // A type of a later version: one of the others will do.
    if (type !== undefined) responseTypes.push(type);
  };
  while (cursor.at < plain.length) {
    const tag = readVarint32(cursor, plain.length);
    if (tag === BYTES_1) queries.push(readQuery(cursor, readLength(cursor, plain.length)));
    else if (tag === VARINT_2) takeType(readInt64(cursor, plain.length));
    else if (tag === BYTES_2) {
      const to = readLength(cursor, plain.length);
      while (cursor.at < to) takeType(readInt64(cursor, to));
    } else skipField(cursor, tag & 7, plain.length);
  }
  return { queries, responseTypes };
}

function readQuery(cursor: Cursor, end: number): ReadQuery {
  let startMs = 0;
  let endMs = 0;
  const matchers: Matcher[] = [];
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === VARINT_1) startMs = readInt64(cursor, end);
    else if (tag === VARINT_2) endMs = readInt64(cursor, end);
    else if (tag === BYTES_3) matchers.push(readMatcher(cursor, readLength(cursor, end)));
    else skipField(cursor, tag & 7, end);
  }
  return { startMs, endMs, matchers };
}

function readMatcher(cursor: Cursor, end: number): Matcher {
  const from = cursor.at;
  let number = 0;
  let name = '';
  let value = '';
  while (cursor.at < end) {
    const tag = readVarint32(cursor, end);
    if (tag === VARINT_1) number = readInt64(cursor, end);
    else if (tag === BYTES_2) name = readText(cursor, end);
    else if (tag === BYTES_3) value = readText(cursor, end);
    else skipField(cursor, tag & 7, end);
  }
  const kind = KINDS[number];
  if (kind === undefined) throw bodyError(from, `a matcher has the unknown type ${number}`);
  return { kind, name, value };
}
