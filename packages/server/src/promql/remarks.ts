/**
 * Remarks on a query (Prometheus's annotations): each text once, with the place it is about.
 */
import { compareText } from '@mon/storage/model/labels';
import type { Span } from './parser/ast.ts';
import { positionOf } from './parser/syntax-error.ts';
import type { Annotation } from './query-result.ts';

/** More different remarks than this are dropped. */
export const REMARKS_MAX = 50;

export class Remarks {
  readonly #query: string;
  readonly #texts = new Map<string, Annotation>();

  constructor(query: string) {
    this.#query = query;
  }

  /** @param text without Prometheus's prefix and without the place, which are added */
  warn(text: string, span: Span): void {
    this.#add('warning', text, span);
  }

  /** As `warn`, for what is merely worth knowing. */
  inform(text: string, span: Span): void {
    this.#add('info', text, span);
  }

  /** A warning about the data, not about a place in the query. */
  warnOfData(text: string): void {
    if (this.#texts.size < REMARKS_MAX) this.#texts.set(text, { kind: 'warning', text });
  }

  list(): Annotation[] {
    return [...this.#texts.values()].sort((a, b) => compareText(a.text, b.text));
  }

  #add(kind: Annotation['kind'], what: string, span: Span): void {
    const { line, column } = positionOf(this.#query, span.start);
    const text = `PromQL ${kind}: ${what} (${line}:${column})`;
    if (this.#texts.size < REMARKS_MAX) this.#texts.set(text, { kind, text });
  }
}
