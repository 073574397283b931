/**
 * Walks an exposition body, text 0.0.4 or OpenMetrics 1.0, entry by entry in one pass over its
 * bytes. Strings are made only for metadata; a sample's labels are left as bytes, to be looked up
 * or read with `readSeries`.
 *
 * What is taken and what is refused follows Prometheus (model/textparse): names and escapes are
 * the same in both formats, OpenMetrics has single blanks, timestamps in seconds, `# UNIT`,
 * exemplars and must end in `# EOF`.
 */
import type { Exemplar } from '../model/exemplar.ts';
import type { MetricType } from '../model/metadata.ts';
import { malformedExposition } from './exposition-error.ts';
import type { ExpositionFormat } from './exposition-format.ts';
import { readNumber } from './exposition-number.ts';
import {
  readExemplarLabels,
  readMetricName,
  skipSeries,
  unescapeText,
  utf8Text,
} from './exposition-series.ts';

const SPACE = 0x20;
const TAB = 0x09;
const NEWLINE = 0x0a;
const HASH = 0x23;

const TEXT_TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
  untyped: 'unknown',
};
const OPENMETRICS_TYPES: Readonly<Record<string, MetricType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
};

export type ExpositionEntry = 'sample' | 'type' | 'help' | 'unit' | 'end';

export class ExpositionScanner {
  /** The body, as handed in. */
  readonly bytes: Buffer;
  readonly #isOpenMetrics: boolean;
  readonly #span = { end: 0, hash: 0 };
  #at = 0;

  /** After 'sample': where its series stands in `bytes`, and a hash of those bytes. */
  seriesStart = 0;
  seriesEnd = 0;
  seriesHash = 0;
  /** After 'sample'. */
  value = 0;
  /** After 'sample': its own timestamp in ms, or NaN where it has none. */
  timestampMs = Number.NaN;
  /** After 'sample': its exemplar, whose time is NaN where none is said. */
  exemplar: Exemplar | undefined;
  /** After 'type', 'help', 'unit': the metric it is about, and what it says of it. */
  metric = '';
  type: MetricType = 'unknown';
  text = '';

  constructor(bytes: Uint8Array, format: ExpositionFormat) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isOpenMetrics = format === 'openmetrics';
  }

  /**
   * Goes to the next entry and fills the fields that belong to its kind.
   *
   * @throws MonError `bad-exposition` with line and column
   */
  next(): ExpositionEntry {
    const { bytes } = this;
    for (;;) {
      if (!this.#isOpenMetrics) this.#at = this.#blanksEnd(this.#at);
      const byte = bytes[this.#at];
      if (byte === undefined) {
        if (this.#isOpenMetrics) this.#fail(this.#at, 'the body does not end with # EOF');
        return 'end';
      }
      if (byte === NEWLINE) {
        if (this.#isOpenMetrics) this.#fail(this.#at, 'OpenMetrics has no empty lines');
        this.#at++;
        continue;
      }
      if (byte !== HASH) return this.#sample();
      const entry = this.#isOpenMetrics ? this.#openMetricsComment() : this.#textComment();
      if (entry !== undefined) return entry;
    }
  }

  #sample(): 'sample' {
    const { bytes } = this;
    this.seriesStart = this.#at;
    this.exemplar = undefined;
    skipSeries(bytes, this.#at, this.#span);
    this.seriesEnd = this.#span.end;
    this.seriesHash = this.#span.hash;
    if (this.seriesEnd === this.seriesStart) this.#fail(this.#at, 'a line starts with no name');
    const valueStart = this.#blank(this.seriesEnd);
    const valueEnd = this.#wordEnd(valueStart);
    const value = readNumber(bytes, valueStart, valueEnd);
    if (value === undefined) this.#fail(valueStart, `${this.#quote(valueStart)} is no number`);
    this.value = value;
    this.timestampMs = Number.NaN;
    if (this.#isOpenMetrics) this.#openMetricsTail(valueEnd);
    else this.#textTail(valueEnd);
    return 'sample';
  }

  /** After the value, text: an integer timestamp in ms or nothing. */
  #textTail(start: number): void {
    let at = this.#blanksEnd(start);
    if (at < this.bytes.length && this.bytes[at] !== NEWLINE) {
      const end = this.#wordEnd(at);
      const timestampMs = readNumber(this.bytes, at, end);
      if (timestampMs === undefined || !Number.isSafeInteger(timestampMs))
        this.#fail(at, `the timestamp ${this.#quote(at)} is no integer of milliseconds`);
      this.timestampMs = timestampMs;
      at = this.#blanksEnd(end);
    }
    this.#lineEnd(at);
  }

  /** After the value, OpenMetrics: a timestamp in seconds, an exemplar, both or nothing. */
  #openMetricsTail(start: number): void {
    let at = start;
    if (this.bytes[at] === SPACE && this.bytes[at + 1] !== HASH) {
      const end = this.#wordEnd(at + 1);
      this.timestampMs = this.#seconds(at + 1, end) * 1000;
      // Seconds with a fraction are decimal, milliseconds whole.
      this.timestampMs = Math.round(this.timestampMs);
      at = end;
    }
    if (this.bytes[at] === SPACE && this.bytes[at + 1] === HASH) at = this.#exemplar(at + 2);
    this.#lineEnd(at);
  }

  /** Reads an exemplar, `{labels} value [timestamp]`; returns its end. */
  #exemplar(start: number): number {
    const { labels, end: labelsEnd } = readExemplarLabels(this.bytes, this.#blank(start));
    const valueStart = this.#blank(labelsEnd);
    const valueEnd = this.#wordEnd(valueStart);
    const value = readNumber(this.bytes, valueStart, valueEnd);
    if (value === undefined)
      this.#fail(valueStart, `the exemplar's value ${this.#quote(valueStart)} is no number`);
    this.exemplar = { labels, value, timestampMs: Number.NaN };
    if (this.bytes[valueEnd] !== SPACE) return valueEnd;
    const end = this.#wordEnd(valueEnd + 1);
    const timestampMs = Math.round(this.#seconds(valueEnd + 1, end) * 1000);
    this.exemplar = { labels, value, timestampMs };
    return end;
  }

  #seconds(start: number, end: number): number {
    const seconds = readNumber(this.bytes, start, end);
    if (seconds === undefined || !Number.isFinite(seconds))
      this.#fail(start, `the timestamp ${this.#quote(start)} is no number of seconds`);
    return seconds;
  }

  #textComment(): ExpositionEntry | undefined {
    const keywordStart = this.#blanksEnd(this.#at + 1);
    const keywordEnd = this.#wordEnd(keywordStart);
    const keyword = this.bytes.toString(
      'latin1',
      keywordStart,
      Math.min(keywordEnd, keywordStart + 8),
    );
    // Anything but `#`, blanks, keyword, blanks is an ordinary comment.
    const isMetadata = keywordStart > this.#at + 1 && this.#blanksEnd(keywordEnd) > keywordEnd;
    if (isMetadata && (keyword === 'HELP' || keyword === 'TYPE')) {
      const { name, end } = readMetricName(this.bytes, this.#blanksEnd(keywordEnd));
      const lineEnd = this.#find(end);
      const text = utf8Text(this.bytes, Math.min(this.#blanksEnd(end), lineEnd), lineEnd);
      this.metric = name;
      this.#at = Math.min(lineEnd + 1, this.bytes.length);
      if (keyword === 'TYPE') return this.#setType(TEXT_TYPES, text.trimEnd(), end);
      this.text = unescapeText(text, false);
      return 'help';
    }
    this.#at = Math.min(this.#find(this.#at) + 1, this.bytes.length);
    return undefined;
  }

  #openMetricsComment(): ExpositionEntry {
    const keywordStart = this.#blank(this.#at + 1);
    const keywordEnd = this.#wordEnd(keywordStart);
    const keyword = this.bytes.toString(
      'latin1',
      keywordStart,
      Math.min(keywordEnd, keywordStart + 8),
    );
    if (keyword === 'EOF') {
      const isLast = keywordEnd === this.bytes.length;
      const rest = isLast ? keywordEnd : keywordEnd + 1;
      if (!isLast && this.bytes[keywordEnd] !== NEWLINE)
        this.#fail(keywordEnd, 'something follows # EOF on its line');
      if (rest < this.bytes.length) this.#fail(rest, 'something follows # EOF');
      return 'end';
    }
    if (keyword !== 'TYPE' && keyword !== 'HELP' && keyword !== 'UNIT')
      this.#fail(this.#at, 'OpenMetrics has no comments but # TYPE, # HELP, # UNIT and # EOF');
    const { name, end } = readMetricName(this.bytes, this.#blank(keywordEnd));
    const lineEnd = this.#find(end);
    const text = lineEnd === end ? '' : utf8Text(this.bytes, this.#blank(end), lineEnd);
    this.metric = name;
    this.#at = Math.min(lineEnd + 1, this.bytes.length);
    if (keyword === 'TYPE') return this.#setType(OPENMETRICS_TYPES, text, end);
    if (keyword === 'HELP') {
      this.text = unescapeText(text, true);
      return 'help';
    }
    if (text !== '' && !name.endsWith(`_${text}`))
      this.#fail(end, `the unit ${JSON.stringify(text)} is no suffix of ${JSON.stringify(name)}`);
    this.text = text;
    return 'unit';
  }

  #setType(types: Readonly<Record<string, MetricType>>, text: string, offset: number): 'type' {
    const type = Object.hasOwn(types, text) ? types[text] : undefined;
    if (type === undefined)
      this.#fail(
        offset,
        `${JSON.stringify(text)} is no metric type; types are ${Object.keys(types).join(', ')}`,
      );
    this.type = type;
    return 'type';
  }

  #lineEnd(at: number): void {
    const byte = this.bytes[at];
    if (byte !== undefined && byte !== NEWLINE)
      this.#fail(at, `found ${this.#quote(at)}, expected the end of the line`);
    this.#at = Math.min(at + 1, this.bytes.length);
  }

  /** The byte after the blanks that must stand at `at`: one in OpenMetrics, any number in text. */
  #blank(at: number): number {
    const byte = this.bytes[at];
    if (this.#isOpenMetrics) {
      if (byte !== SPACE) this.#fail(at, `found ${this.#quote(at)}, expected one blank`);
      return at + 1;
    }
    // After a closing brace Prometheus's text format needs no blank.
    return this.#blanksEnd(at);
  }

  #blanksEnd(start: number): number {
    let i = start;
    while (this.bytes[i] === SPACE || this.bytes[i] === TAB) i++;
    return i;
  }

  #wordEnd(start: number): number {
    const { bytes } = this;
    let i = start;
    for (; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === SPACE || byte === TAB || byte === NEWLINE) break;
    }
    return i;
  }

  /** Where the line that holds `start` ends. */
  #find(start: number): number {
    const end = this.bytes.indexOf(NEWLINE, start);
    return end < 0 ? this.bytes.length : end;
  }

  #quote(start: number): string {
    const end = Math.min(this.#wordEnd(start), start + 40);
    return end === start ? 'nothing' : JSON.stringify(this.bytes.toString('utf8', start, end));
  }

  #fail(offset: number, why: string): never {
    throw malformedExposition(this.bytes, offset, why);
  }
}
