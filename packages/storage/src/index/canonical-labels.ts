/**
 * Canonical labels: a label set as bytes. For each pair, sorted by name: varint length and UTF-8 of
 * the name, then of the value. Kernels read and write the same: `kernels/parts/label-bytes.ts`.
 */
import { LABEL_NAME_BYTES_MAX, LABEL_VALUE_BYTES_MAX, LABELS_MAX } from '../model/label-rules.ts';
import type { Labels } from '../model/labels.ts';

/** Bytes of the largest label set that is taken. */
export const CANONICAL_BYTES_MAX = LABELS_MAX * (LABEL_NAME_BYTES_MAX + LABEL_VALUE_BYTES_MAX + 4);
/** A text shorter than this has a length of one byte whatever it holds. */
const SHORT_UNITS = 42;

/** Writes labels from `at` on; returns where they end. */
export function writeCanonicalLabels(labels: Labels, out: Buffer, at: number): number {
  let end = at;
  for (let i = 0; i < labels.length; i++) end = writeCanonicalText(labels[i] as string, out, end);
  return end;
}

/** Writes length and UTF-8 of one text; returns where it ends. */
export function writeCanonicalText(text: string, out: Buffer, at: number): number {
  if (text.length < SHORT_UNITS) {
    const bytes = writeText(text, out, at + 1);
    out[at] = bytes;
    return at + 1 + bytes;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes < 0x80) out[at] = bytes;
  else {
    out[at] = (bytes & 0x7f) | 0x80;
    out[at + 1] = bytes >> 7;
  }
  const from = at + (bytes < 0x80 ? 1 : 2);
  writeText(text, out, from);
  return from + bytes;
}

function writeText(text: string, out: Buffer, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return out.write(text, at, 'utf8');
    out[at + i] = unit;
  }
  return text.length;
}

/** The labels that stand in [from, to). */
export function readCanonicalLabels(bytes: Buffer, from: number, to: number): string[] {
  const labels: string[] = [];
  for (let at = from; at < to; ) {
    const start = textStart(bytes, at);
    at = textEnd(bytes, at);
    labels.push(readText(bytes, start, at));
  }
  return labels;
}

/** Where the text starts whose length stands at `at`. */
export function textStart(bytes: Uint8Array, at: number): number {
  return at + ((bytes[at] as number) < 0x80 ? 1 : 2);
}

/** Where it ends. */
export function textEnd(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  return first < 0x80
    ? at + 1 + first
    : at + 2 + ((first & 0x7f) | ((bytes[at + 1] as number) << 7));
}

/** A text of UTF-8 that is known to be well-formed; most are short ASCII. */
export function readText(bytes: Buffer, from: number, to: number): string {
  for (let i = from; i < to; i++) {
    if ((bytes[i] as number) >= 0x80) return bytes.toString('utf8', from, to);
  }
  return bytes.toString('latin1', from, to);
}
