/**
 * Exemplars as bytes. Format: docs/formats/exemplars.md.
 */
import type { Exemplar } from '../model/exemplar.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { readDouble, writeDouble } from './histogram-layout.ts';
import { MalformedBytes } from './malformed-bytes.ts';

/** @param beforeMs time of the exemplar before it, 0 for the first */
export function encodeExemplar(exemplar: Exemplar, beforeMs: number, out: ByteWriter): void {
  const { timestampMs, value, labels } = exemplar;
  out.signed(timestampMs - beforeMs);
  writeDouble(value, out);
  out.varint(labels.length / 2);
  for (const text of labels) out.text(text);
}

/** @throws MalformedBytes */
export function decodeExemplar(reader: ByteReader, beforeMs: number): Exemplar {
  const timestampMs = beforeMs + reader.signed();
  const value = readDouble(reader);
  const count = reader.varint();
  if (2 * count > reader.left) throw new MalformedBytes(`an exemplar of ${count} labels`);
  const labels: string[] = [];
  for (let i = 0; i < 2 * count; i++) labels.push(reader.text());
  return { labels, value, timestampMs };
}

/** The exemplars of one series: how many, then each. */
export function encodeExemplars(exemplars: readonly Exemplar[], out: ByteWriter): void {
  out.varint(exemplars.length);
  let beforeMs = 0;
  for (const exemplar of exemplars) {
    encodeExemplar(exemplar, beforeMs, out);
    beforeMs = exemplar.timestampMs;
  }
}

/** @throws MalformedBytes */
export function decodeExemplars(reader: ByteReader): Exemplar[] {
  const count = reader.varint();
  if (count > reader.left) throw new MalformedBytes(`${count} exemplars`);
  const exemplars: Exemplar[] = [];
  let beforeMs = 0;
  for (let i = 0; i < count; i++) {
    const exemplar = decodeExemplar(reader, beforeMs);
    exemplars.push(exemplar);
    beforeMs = exemplar.timestampMs;
  }
  return exemplars;
}
