/**
 * A place in a YAML document: the node found there, its path, and where to note what is wrong.
 *
 * Schemas read through cursors, never through yaml's nodes, so that aliases, merge keys and
 * positions are dealt with here alone.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import { MISTAKES_MAX, type Mistake } from './mistake.ts';
import { writtenOffset } from './written-offset.ts';

/** The file being read and what its values may refer to. */
export interface Source {
  readonly file: string;
  /** Folder that relative paths in the file start from. */
  readonly dir: string;
  readonly text: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Appended to while reading. */
  readonly mistakes: Mistake[];
}

export interface Entry {
  readonly key: string;
  readonly keyCursor: Cursor;
  readonly value: Cursor;
}

export class Cursor {
  readonly source: Source;
  readonly path: string;
  readonly #node: Node | undefined;
  /** Offset that mistakes point at; the key's where a key has no value. */
  readonly #offset: number;

  constructor(source: Source, path: string, node: unknown, offset = 0) {
    this.source = source;
    this.path = path;
    const found = node as Node | null | undefined;
    this.#offset = found?.range?.[0] ?? offset;
    const target = isAlias(found) ? found.resolve(source.document) : found;
    this.#node = (target ?? undefined) as Node | undefined;
  }

  /** True for a key without a value and for `null`, which mean the same as no key. */
  get isEmpty(): boolean {
    return this.#node === undefined || (isScalar(this.#node) && this.#node.value === null);
  }

  /** The scalar's value as YAML's core schema sees it, or undefined for lists and maps. */
  get scalar(): unknown {
    return isScalar(this.#node) ? this.#node.value : undefined;
  }

  /** The scalar as it was written, without quotes, or undefined for lists, maps and no value. */
  get text(): string | undefined {
    const node = this.#node;
    if (!isScalar(node) || node.value === null) return undefined;
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
  }

  get items(): Cursor[] | undefined {
    if (!isSeq(this.#node)) return undefined;
    return this.#node.items.map((item, i) => this.#child(`[${i}]`, item));
  }

  /** The keys of a map in order, keys merged in with `<<` after its own. */
  get entries(): Entry[] | undefined {
    if (!isMap(this.#node)) return undefined;
    const entries = new Map<string, Entry>();
    const merged: Cursor[] = [];
    for (const pair of this.#node.items) {
      const keyCursor = this.#child('', pair.key);
      const key = keyCursor.text ?? '';
      const value = this.#child(this.path === '' ? key : `.${key}`, pair.value, keyCursor.#offset);
      if (key === '<<') merged.push(...(value.items ?? [value]));
      else if (!entries.has(key)) entries.set(key, { key, keyCursor, value });
    }
    for (const map of merged) {
      for (const entry of map.entries ?? []) {
        if (!entries.has(entry.key)) entries.set(entry.key, entry);
      }
    }
    return [...entries.values()];
  }

  /** What stands here, for messages: `'soon'`, `a list`, `nothing`. */
  get found(): string {
    if (this.isEmpty) return 'nothing';
    if (isSeq(this.#node)) return 'a list';
    if (isMap(this.#node)) return 'a map';
    const text = this.text ?? '';
    return `'${text.length > 60 ? `${text.slice(0, 60)}...` : text}'`;
  }

  /** Notes an error here. Returns undefined, so that a schema may `return at.mistake(...)`. */
  mistake(what: string, mend = ''): undefined {
    this.#note('error', what, mend);
  }

  /** Notes a warning here. */
  warn(what: string, mend = ''): void {
    this.#note('warning', what, mend);
  }

  /**
   * A cursor at a place inside this scalar, for mistakes in what the text itself says: a query, a
   * template.
   *
   * @param offset in the scalar's text, UTF-16 units
   */
  inside(offset: number): Cursor {
    const node = this.#node;
    const text = this.text;
    if (!isScalar(node) || text === undefined) return this;
    const start = node.range?.[0] ?? this.#offset;
    const written = this.source.text.slice(start, node.range?.[1]);
    const at = start + writtenOffset({ written, text }, offset);
    return new Cursor(this.source, this.path, undefined, at);
  }

  /** Where this stands in the file, both from 1. */
  get position(): { readonly line: number; readonly column: number } {
    const { line, col } = this.source.lines.linePos(this.#offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #note(severity: Mistake['severity'], what: string, mend: string): void {
    const { file, mistakes } = this.source;
    if (mistakes.length >= MISTAKES_MAX) return;
    const { line, column } = this.position;
    mistakes.push({
      severity,
      file,
      line,
      column,
      path: this.path,
      what,
      mend,
    });
  }

  #child(step: string, node: unknown, offset = this.#offset): Cursor {
    return new Cursor(this.source, this.path + step, node, offset);
  }
}
