/**
 * The functions that Go's template language itself brings: comparison, logic, printing, indexing.
 * `and` and `or` stand here for their names; the executor evaluates them lazily.
 *
 * Source: https://pkg.go.dev/text/template#hdr-Functions
 */
import type { FunctionTable, TemplateFunction } from './function.ts';
import { sprintf } from './printf.ts';
import { formatPlain, isTrue, printValue, typeNameOf, type Value } from './value.ts';

export const BUILTINS: FunctionTable = {
  and: {
    parameters: ['any'],
    rest: 'any',
    call: (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? null,
  },
  or: {
    parameters: ['any'],
    rest: 'any',
    call: (args) => args.find(isTrue) ?? args.at(-1) ?? null,
  },
  not: { parameters: ['any'], call: ([value = null]) => !isTrue(value) },
  eq: comparison(([first = null, ...rest]) => {
    if (rest.length === 0) throw new Error('missing argument for comparison');
    return rest.some((other) => isEqual(first, other));
  }, 'any'),
  ne: comparison(([a = null, b = null]) => !isEqual(a, b)),
  lt: comparison(([a = null, b = null]) => isLess(a, b)),
  le: comparison(([a = null, b = null]) => isLess(a, b) || isEqual(a, b)),
  gt: comparison(([a = null, b = null]) => !(isLess(a, b) || isEqual(a, b))),
  ge: comparison(([a = null, b = null]) => !isLess(a, b)),
  len: { parameters: ['any'], call: ([value = null]) => BigInt(lengthOf(value)) },
  index: {
    parameters: ['any'],
    rest: 'any',
    call: ([first = null, ...keys]) => keys.reduce(indexInto, first),
  },
  slice: {
    parameters: ['any'],
    rest: 'int',
    call: ([value = null, ...bounds]) => sliceOf(value, bounds),
  },
  print: { parameters: [], rest: 'any', call: (args) => joinPrinted(args) },
  println: { parameters: [], rest: 'any', call: (args) => `${args.map(formatPlain).join(' ')}\n` },
  printf: {
    parameters: ['string'],
    rest: 'any',
    call: ([format, ...args]) => sprintf(String(format), args),
  },
  html: { parameters: [], rest: 'any', call: (args) => escapeHtml(joinPrinted(args)) },
  js: { parameters: [], rest: 'any', call: (args) => escapeJs(joinPrinted(args)) },
  urlquery: { parameters: [], rest: 'any', call: (args) => escapeQuery(joinPrinted(args)) },
  call: {
    parameters: ['any'],
    rest: 'any',
    call: ([value = null]) => {
      throw new Error(`non-function of type ${typeNameOf(value)}`);
    },
  },
};

function comparison(call: TemplateFunction['call'], rest?: 'any'): TemplateFunction {
  if (rest) return { parameters: ['any'], rest, call };
  return { parameters: ['any', 'any'], call };
}

function isEqual(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'object' || typeof b === 'object') {
    const odd = typeof a === 'object' ? a : b;
    throw new Error(`non-comparable type ${formatPlain(odd)}: ${typeNameOf(odd)}`);
  }
  if (typeof a !== typeof b) throw new Error('incompatible types for comparison');
  return a === b;
}

function isLess(a: Value, b: Value): boolean {
  const isOrdered = (value: Value) => ['bigint', 'number', 'string'].includes(typeof value);
  if (!isOrdered(a) || !isOrdered(b)) throw new Error('invalid type for comparison');
  if (typeof a !== typeof b) throw new Error('incompatible types for comparison');
  // Both are bigints, numbers or strings here, where `<` means the same as in Go.
  return (a as number) < (b as number);
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value !== null && typeof value === 'object') {
    if (value.kind === 'list') return value.items.length;
    if (value.kind === 'map') return value.entries.size;
  }
  throw new Error(`len of type ${typeNameOf(value)}`);
}

function indexInto(value: Value, key: Value): Value {
  if (value === null) throw new Error('index of untyped nil');
  if (typeof value === 'object' && value.kind === 'map') {
    if (typeof key !== 'string') {
      throw new Error(`value has type ${typeNameOf(key)}; should be string`);
    }
    return value.entries.get(key) ?? value.missing;
  }
  const isList = typeof value === 'object' && value.kind === 'list';
  if (!isList && typeof value !== 'string') {
    throw new Error(`can't index item of type ${typeNameOf(value)}`);
  }
  const at = integerOf(key, 'cannot index slice/array with');
  if (typeof value === 'string') {
    const byte = Buffer.from(value)[at];
    if (byte === undefined) throw new Error(`index out of range: ${at}`);
    return BigInt(byte);
  }
  const item = value.items[at];
  if (item === undefined) throw new Error(`index out of range: ${at}`);
  return item;
}

function integerOf(key: Value, refusal: string): number {
  if (typeof key === 'bigint') return Number(key);
  throw new Error(`${refusal} ${key === null ? 'nil' : `type ${typeNameOf(key)}`}`);
}

function sliceOf(value: Value, bounds: readonly Value[]): Value {
  const isList = value !== null && typeof value === 'object' && value.kind === 'list';
  if (!isList && typeof value !== 'string') {
    throw new Error(`can't slice item of type ${typeNameOf(value)}`);
  }
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  const length = lengthOf(value);
  const [start = 0, end = length] = bounds.map((bound) => Number(bound));
  for (const at of [start, end]) {
    if (at < 0 || at > length) throw new Error(`index out of range: ${at}`);
  }
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  if (typeof value === 'string') return Buffer.from(value).subarray(start, end).toString();
  return { ...value, items: value.items.slice(start, end) };
}

/** Go's Sprint: a space between two operands when neither is a string. */
function joinPrinted(args: readonly Value[]): string {
  let text = '';
  args.forEach((arg, i) => {
    const before = args[i - 1];
    if (i > 0 && typeof arg !== 'string' && typeof before !== 'string') text += ' ';
    text += args.length === 1 ? printValue(arg) : formatPlain(arg);
  });
  return text;
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\u0000': '\uFFFD',
};

function escapeHtml(text: string): string {
  return text.replace(/["'&<>\u0000]/g, (char) => HTML[char] as string);
}

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=\u0000-\u001f]/g, (char) => {
    if (char === '\\' || char === "'" || char === '"') return `\\${char}`;
    return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Percent-encodes for a URL's query, a space as `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
