/**
 * Schemas of single values: text, numbers, durations, sizes, regular expressions, URLs, paths,
 * secrets, and one of several words.
 */
import { isAbsolute, join } from 'node:path';
import { durationMs } from '../model/duration.ts';
import { reasonOf } from '../model/error.ts';
import { compileRegex } from '../model/matcher.ts';
import { nearestWord } from '../model/nearest-word.ts';
import type { Cursor } from './cursor.ts';
import { object, optional, type Schema } from './schema.ts';

/** Notes "must be X, not Y" and gives undefined. */
function wrong(at: Cursor, expects: string, mend = ''): undefined {
  return at.mistake(`must be ${expects}, not ${at.found}`, mend);
}

function textual<T>(expects: string, convert: (text: string, at: Cursor) => T | undefined) {
  return {
    expects,
    read(at: Cursor): T | undefined {
      const text = at.text;
      return text === undefined ? wrong(at, expects) : convert(text, at);
    },
  } satisfies Schema<T>;
}

/** Any text. A number or boolean counts as the text it is written as, as in Prometheus. */
export function text(): Schema<string> {
  return textual('text', (value) => value);
}

/** Text of at least one character. */
export function word(): Schema<string> {
  return textual('text', (value, at) => (value === '' ? wrong(at, 'text') : value));
}

/** `true` or `false`; YAML 1.1's `yes`, `no`, `on`, `off` too, as Prometheus takes them. */
export function flag(): Schema<boolean> {
  const words = new Map([
    ...['true', 'yes', 'on'].map((value) => [value, true] as const),
    ...['false', 'no', 'off'].map((value) => [value, false] as const),
  ]);
  return textual('true or false', (value, at) => {
    return words.get(value.toLowerCase()) ?? wrong(at, 'true or false');
  });
}

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number within bounds. */
export function integer(bounds: Bounds = {}): Schema<number> {
  return bounded('a whole number', bounds, (value) => {
    return /^[+-]?\d+$/.test(value) && Number.isSafeInteger(Number(value)) ? +value : undefined;
  });
}

/** A number within bounds. */
export function decimal(bounds: Bounds = {}): Schema<number> {
  return bounded('a number', bounds, (value) => {
    return value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  });
}

/** A duration in Prometheus's form, as milliseconds; bounds in milliseconds. */
export function duration(bounds: Bounds = {}): Schema<number> {
  return bounded('a duration such as 15s or 1h30m', bounds, durationMs);
}

const SIZE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** Bytes: `64MB`, `1.5GiB`, `512`. Units are powers of 1024, as in Prometheus. */
export function size(bounds: Bounds = {}): Schema<number> {
  return bounded('a size such as 64MB', bounds, sizeBytes);
}

/** Bytes of a size text, or undefined where it is none. */
export function sizeBytes(value: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)(?:i?B)?$/i.exec(value);
  if (match?.[1] === undefined) return undefined;
  const power = SIZE_UNITS.indexOf(`${(match[2] ?? '').toUpperCase()}B`);
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

function bounded(
  expects: string,
  { min = -Infinity, max = Infinity }: Bounds,
  parse: (value: string) => number | undefined,
): Schema<number> {
  return textual(expects, (value, at) => {
    const parsed = parse(value);
    if (parsed === undefined) return wrong(at, expects);
    if (parsed < min) return at.mistake(`is ${value}, less than the least allowed, ${min}`);
    if (parsed > max) return at.mistake(`is ${value}, more than the most allowed, ${max}`);
    return parsed;
  });
}

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Schema<T> {
  const expects = `one of ${words.join(', ')}`;
  return textual(expects, (value, at) => {
    const found = words.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const near = nearestWord(value, words);
    return wrong(at, expects, near === undefined ? '' : `did you mean '${near}'?`);
  });
}

/** A regular expression in RE2 syntax, as its text; the reader anchors and compiles it. */
export function regex(): Schema<string> {
  return textual('a regular expression', (value, at) => {
    try {
      compileRegex(value);
      return value;
    } catch (thrown) {
      return at.mistake(reasonOf(thrown), 'write it in RE2 syntax');
    }
  });
}

/** An absolute URL, as its text. */
export function url(schemes: readonly string[] = ['http', 'https']): Schema<string> {
  const expects = `a URL starting with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return textual(expects, (value, at) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    const isUsable = parsed !== undefined && schemes.includes(parsed.protocol.slice(0, -1));
    return isUsable && parsed.hostname !== '' ? value : wrong(at, expects);
  });
}

/** A path; a relative one starts at the settings file's folder, as in Prometheus. */
export function path(): Schema<string> {
  return textual('a path', (value, at) => {
    if (value === '') return wrong(at, 'a path');
    return isAbsolute(value) ? value : join(at.source.dir, value);
  });
}

/** A label's name. UTF-8 text that is not empty will do, as in Prometheus 3. */
export function labelName(): Schema<string> {
  return textual('a label name', (value, at) => {
    return value === '' || !value.isWellFormed() ? wrong(at, 'a label name') : value;
  });
}

/**
 * A secret: written in the file, or `{env: NAME}`, or `{file: PATH}`. A file is read when the
 * secret is used, so that it may change.
 */
export type Secret =
  | { readonly kind: 'inline'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string };

const reference = object({ env: optional(word()), file: optional(path()) });

export function secret(): Schema<Secret> {
  const expects = 'text, {env: NAME} or {file: PATH}';
  return {
    expects,
    read(at) {
      if (at.text !== undefined) return { kind: 'inline', value: at.text };
      if (at.entries === undefined) return wrong(at, expects);
      const found = reference.read(at);
      if (found === undefined) return undefined;
      if ((found.env === undefined) === (found.file === undefined)) {
        return at.mistake('must have either env or file');
      }
      if (found.file !== undefined) return { kind: 'file', path: found.file };
      const value = at.source.environment[found.env as string];
      if (value !== undefined) return { kind: 'inline', value };
      return at.mistake(
        `names the environment variable ${found.env}, which is not set`,
        'set it where mon is started',
      );
    },
  };
}

/**
 * The secret's text.
 *
 * @param readFile reads a file as UTF-8; its errors pass through
 */
export async function revealSecret(
  from: Secret,
  readFile: (path: string) => Promise<string>,
): Promise<string> {
  return from.kind === 'inline' ? from.value : (await readFile(from.path)).trim();
}
