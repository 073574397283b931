/**
 * The series at the head of an exposition line: `name{label="value",...}`, or with quoted UTF-8
 * names `{"name", "label"="value"}`. The same in both formats.
 *
 * Two steps: `skipSeries` finds where it ends (and hashes it) without making strings, which is all
 * that a known series costs; `readSeries` reads it into labels.
 */
import { compareText, type Labels, METRIC_NAME } from '../model/labels.ts';
import { malformedExposition } from './exposition-error.ts';

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Where a series ends, and a 32-bit hash of its bytes; written by `skipSeries`. */
export interface SeriesSpan {
  end: number;
  hash: number;
}

/**
 * Finds the end of the series that starts at `start`: the first blank outside braces, or the byte
 * after the closing brace. Checks no more than the quotes.
 *
 * @throws MonError `bad-exposition` where a brace or quote does not close
 */
export function skipSeries(bytes: Buffer, start: number, span: SeriesSpan): void {
  const length = bytes.length;
  let hash = 0x811c9dc5;
  let i = start;
  for (; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte === SPACE || byte === OPEN || byte === TAB || byte === NEWLINE) break;
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  // Blanks may stand between name and brace.
  const brace = skipBlanks(bytes, i, length);
  if (bytes[brace] === OPEN) i = brace;
  if (bytes[i] === OPEN) {
    let quoted = false;
    for (; ; i++) {
      if (i >= length) {
        const why = quoted ? 'a quoted text does not end' : 'the brace does not close';
        throw malformedExposition(bytes, start, why);
      }
      const byte = bytes[i] as number;
      hash = Math.imul(hash ^ byte, 0x01000193);
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === BACKSLASH && quoted) {
        i++;
        hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
      } else if (!quoted && byte === CLOSE) break;
      else if (!quoted && byte === NEWLINE)
        throw malformedExposition(bytes, i, 'the brace does not close');
    }
    i++;
  }
  span.end = i;
  span.hash = hash | 0;
}

/**
 * Reads the series in `bytes[start, end)`, as `skipSeries` found it, into labels.
 *
 * @throws MonError `bad-exposition`
 */
export function readSeries(bytes: Buffer, start: number, end: number): Labels {
  const pairs: string[] = [];
  const i = nameEnd(bytes, start, end);
  if (i > start) pairs.push(METRIC_NAME, asciiText(bytes, start, i));
  const cursor = { at: skipBlanks(bytes, i, end) };
  if (bytes[cursor.at] === OPEN && cursor.at < end) {
    readBraces(bytes, end, { pairs, cursor, quotedName: i === start });
  }
  if (cursor.at < end) throw unexpected(bytes, cursor.at, 'a metric name of a-z A-Z 0-9 _ :');
  return sortedLabels(pairs, (why) => malformedExposition(bytes, start, why), true);
}

/**
 * Reads the labels of an exemplar, `{...}` at `start`; `end` is the byte after the brace.
 *
 * @throws MonError `bad-exposition`
 */
export function readExemplarLabels(
  bytes: Buffer,
  start: number,
): { readonly labels: Labels; readonly end: number } {
  const pairs: string[] = [];
  const cursor = { at: start };
  if (bytes[start] !== OPEN) throw unexpected(bytes, start, "the exemplar's labels in braces");
  readBraces(bytes, bytes.length, { pairs, cursor, quotedName: false });
  const labels = sortedLabels(pairs, (why) => malformedExposition(bytes, start, why), false);
  return { labels, end: cursor.at };
}

/** Reads the metric name of a metadata line, bare or quoted. */
export function readMetricName(bytes: Buffer, start: number): { name: string; end: number } {
  if (bytes[start] === QUOTE) {
    const cursor = { at: start };
    return { name: readQuoted(bytes, cursor), end: cursor.at };
  }
  const end = nameEnd(bytes, start, bytes.length);
  if (end === start) throw unexpected(bytes, start, 'a metric name');
  return { name: asciiText(bytes, start, end), end };
}

interface BraceReading {
  readonly pairs: string[];
  readonly cursor: { at: number };
  /** Whether a quoted text without `=` may stand first: the metric's name. */
  readonly quotedName: boolean;
}

function readBraces(bytes: Buffer, end: number, reading: BraceReading): void {
  const { pairs, cursor } = reading;
  cursor.at = skipBlanks(bytes, cursor.at + 1, end);
  let first = true;
  while (bytes[cursor.at] !== CLOSE) {
    const nameAt = cursor.at;
    const isQuoted = bytes[nameAt] === QUOTE;
    const name = isQuoted ? readQuoted(bytes, cursor) : readLabelName(bytes, cursor);
    cursor.at = skipBlanks(bytes, cursor.at, end);
    if (bytes[cursor.at] === EQUALS) {
      cursor.at = skipBlanks(bytes, cursor.at + 1, end);
      if (bytes[cursor.at] !== QUOTE) throw unexpected(bytes, cursor.at, 'a label value in quotes');
      if (name === '') throw malformedExposition(bytes, nameAt, 'a label name is empty');
      pairs.push(name, readQuoted(bytes, cursor));
    } else if (isQuoted && first && reading.quotedName) {
      if (name === '') throw malformedExposition(bytes, nameAt, 'the metric name is empty');
      pairs.push(METRIC_NAME, name);
    } else throw unexpected(bytes, cursor.at, '= after the label name');
    first = false;
    cursor.at = skipBlanks(bytes, cursor.at, end);
    if (bytes[cursor.at] === COMMA) cursor.at = skipBlanks(bytes, cursor.at + 1, end);
    else if (bytes[cursor.at] !== CLOSE) throw unexpected(bytes, cursor.at, 'a comma or }');
  }
  cursor.at++;
}

function readLabelName(bytes: Buffer, cursor: { at: number }): string {
  const start = cursor.at;
  let i = start;
  while (isNameByte(bytes[i], i === start)) i++;
  if (i === start) throw unexpected(bytes, i, 'a label name');
  cursor.at = i;
  return asciiText(bytes, start, i);
}

/** Reads a text in quotes with the escapes \\ \" \n; others stand for themselves. */
function readQuoted(bytes: Buffer, cursor: { at: number }): string {
  const start = cursor.at + 1;
  let hasEscape = false;
  let seen = 0;
  let i = start;
  for (; bytes[i] !== QUOTE; i++) {
    if (i >= bytes.length) throw malformedExposition(bytes, start - 1, 'the quote does not close');
    const byte = bytes[i] as number;
    seen |= byte;
    if (byte === BACKSLASH) {
      hasEscape = true;
      i++;
    }
  }
  cursor.at = i + 1;
  const text = seen < 0x80 ? asciiText(bytes, start, i) : utf8Text(bytes, start, i);
  return hasEscape ? unescapeText(text, true) : text;
}

/** Resolves \\ and \n, and \" where `quotes`; an escape of any other character is left as it is. */
export function unescapeText(text: string, quotes: boolean): string {
  return text.replace(/\\([\\n"])/g, (whole, escaped: string) => {
    if (escaped === 'n') return '\n';
    if (escaped === '"' && !quotes) return whole;
    return escaped;
  });
}

/** Text of bytes below 0x80. */
export function asciiText(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('latin1', start, end);
}

/**
 * Text of UTF-8 bytes.
 *
 * @throws MonError `bad-exposition` where they are not UTF-8
 */
export function utf8Text(bytes: Buffer, start: number, end: number): string {
  try {
    return UTF8.decode(bytes.subarray(start, end));
  } catch {
    throw malformedExposition(bytes, start, 'the text is not valid UTF-8');
  }
}

function sortedLabels(pairs: string[], fail: (why: string) => Error, isSeries: boolean): Labels {
  const order: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) order.push(i);
  order.sort((a, b) => compareText(pairs[a] as string, pairs[b] as string));
  const labels: string[] = [];
  let previous: string | undefined;
  let hasName = false;
  for (const i of order) {
    const name = pairs[i] as string;
    const value = pairs[i + 1] as string;
    if (name === previous) throw fail(`label name ${JSON.stringify(name)} stands twice`);
    previous = name;
    if (value === '') continue;
    if (name === METRIC_NAME) hasName = true;
    labels.push(name, value);
  }
  if (isSeries && !hasName) throw fail('the series has no metric name');
  return labels;
}

function nameEnd(bytes: Buffer, start: number, end: number): number {
  let i = start;
  while (i < end && (isNameByte(bytes[i], i === start) || bytes[i] === COLON)) i++;
  return i;
}

function isNameByte(byte: number | undefined, isFirst: boolean): boolean {
  if (byte === undefined) return false;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return true;
  return byte === 0x5f || (!isFirst && byte >= 0x30 && byte <= 0x39);
}

function skipBlanks(bytes: Buffer, start: number, end: number): number {
  let i = start;
  while (i < end && (bytes[i] === SPACE || bytes[i] === TAB)) i++;
  return i;
}

function unexpected(bytes: Buffer, offset: number, wanted: string) {
  const byte = bytes[offset];
  const found =
    byte === undefined || byte === NEWLINE
      ? 'the end of the line'
      : JSON.stringify(String.fromCharCode(byte));
  return malformedExposition(bytes, offset, `found ${found}, expected ${wanted}`);
}
