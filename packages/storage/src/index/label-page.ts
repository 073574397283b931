/**
 * Up to 256 label pairs, sorted by name and value, each value less what it shares with the one
 * before. The number of a pair is its place in the order. Format: docs/formats/block.md.
 */
import type { ByteReader } from '../encoding/byte-reader.ts';
import type { ByteWriter } from '../encoding/byte-writer.ts';
import { MalformedBytes } from '../encoding/malformed-bytes.ts';

export const PAIRS_PER_PAGE = 256;

/** Pairs of one page: name i and value i belong together. */
export interface LabelPage {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function encodeLabelPage({ names, values }: LabelPage, out: ByteWriter): void {
  out.varint(names.length);
  let before = '';
  let bytesBefore = new Uint8Array(0);
  names.forEach((name, i) => {
    const isSameName = i > 0 && name === before;
    out.u8(isSameName ? 1 : 0);
    if (!isSameName) {
      out.text(name);
      bytesBefore = new Uint8Array(0);
    }
    bytesBefore = writeFrontCoded(values[i] as string, bytesBefore, out);
    before = name;
  });
}

/**
 * Writes how many bytes the text shares with the one before, how many follow, and these.
 *
 * @returns the bytes of the text, for the next call
 */
export function writeFrontCoded(
  text: string,
  bytesBefore: Uint8Array,
  out: ByteWriter,
): Uint8Array<ArrayBuffer> {
  const bytes = UTF8.encode(text);
  const limit = Math.min(bytes.length, bytesBefore.length);
  let shared = 0;
  while (shared < limit && bytes[shared] === bytesBefore[shared]) shared++;
  out.varint(shared);
  out.varint(bytes.length - shared);
  out.raw(bytes.subarray(shared));
  return bytes;
}

/** Reads texts that writeFrontCoded() wrote one after the other. */
export class FrontCodedReader {
  readonly #reader: ByteReader;
  #bytes = new Uint8Array(256);
  #length = 0;

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** The next text shares nothing with the one before. */
  reset(): void {
    this.#length = 0;
  }

  next(): string {
    const shared = this.#reader.varint();
    if (shared > this.#length) throw new MalformedBytes('a text shares more than there is');
    const rest = this.#reader.raw(this.#reader.varint());
    this.#length = shared + rest.length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(2 * this.#length);
      grown.set(this.#bytes.subarray(0, shared));
      this.#bytes = grown;
    }
    this.#bytes.set(rest, shared);
    try {
      return TEXT.decode(this.#bytes.subarray(0, this.#length));
    } catch (cause) {
      throw new MalformedBytes('a text is no UTF-8', cause);
    }
  }
}

/** @throws MalformedBytes */
export function decodeLabelPage(reader: ByteReader): LabelPage {
  const count = reader.varint();
  if (count > PAIRS_PER_PAGE) throw new MalformedBytes(`a page of ${count} label pairs`);
  const texts = new FrontCodedReader(reader);
  const names: string[] = [];
  const values: string[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.u8() === 0) {
      names.push(reader.text());
      texts.reset();
    } else {
      if (i === 0) throw new MalformedBytes('the first pair has no name');
      names.push(names[i - 1] as string);
    }
    values.push(texts.next());
  }
  return { names, values };
}

/** The first pair alone, for a search among pages. */
export function firstPair(reader: ByteReader): { readonly name: string; readonly value: string } {
  reader.varint();
  reader.u8();
  return { name: reader.text(), value: new FrontCodedReader(reader).next() };
}
