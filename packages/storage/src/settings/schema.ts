/**
 * A schema: how one value of a settings file is read and checked.
 *
 * `read` gives the checked, complete value, or notes one or more mistakes at its cursor and gives
 * undefined. Schemas are plain values, declared once at module level:
 *
 *     const target = object({ url: required(url()), timeout: withDefault(duration(), 10_000) });
 *     type Target = Value<typeof target>;
 */
import { assert } from '../model/assert.ts';
import { nearestWord } from '../model/nearest-word.ts';
import type { Cursor } from './cursor.ts';

export interface Schema<T> {
  /** What is expected, for messages: "a duration such as 15s". */
  readonly expects: string;
  /** undefined: mistakes have been noted. */
  readonly read: (at: Cursor) => T | undefined;
}

/** The type of the values that a schema reads. */
export type Value<S> = S extends Schema<infer T> ? T : never;

/** A key of a map: its schema, and what it is when the key is missing or empty. */
export type Field<T> =
  | { readonly presence: 'required'; readonly schema: Schema<T> }
  | { readonly presence: 'default'; readonly schema: Schema<T>; readonly value: T }
  /** Known to Prometheus and accepted, but nothing in mon reads it yet: a warning names it. */
  | { readonly presence: 'unused'; readonly schema: Schema<T>; readonly value: T };

export type Fields = Readonly<Record<string, Field<unknown>>>;

export type ObjectValue<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** A key that must be there. */
export function required<T>(schema: Schema<T>): Field<T> {
  return { presence: 'required', schema };
}

/** A key that may be left out; its value is then undefined. */
export function optional<T>(schema: Schema<T>): Field<T | undefined> {
  return { presence: 'default', schema, value: undefined };
}

/** A key that may be left out and then has `value`. */
export function withDefault<T>(schema: Schema<T>, value: T): Field<T> {
  return { presence: 'default', schema, value };
}

/** A map that may be left out: its keys, none of them required, then have their defaults. */
export function section<F extends Fields>(fields: F): Field<ObjectValue<F>> {
  const value: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    assert(field.presence !== 'required', `section with the required key ${key}`);
    value[key] = field.value;
  }
  return { presence: 'default', schema: object(fields), value: value as ObjectValue<F> };
}

/** A key that is valid for the sake of existing files and that mon does not use yet. */
export function unused(): Field<unknown> {
  return { presence: 'unused', schema: anything(), value: undefined };
}

/** A map with known keys. Unknown ones are mistakes, with the nearest known key as suggestion. */
export function object<F extends Fields>(fields: F): Schema<ObjectValue<F>> {
  return keyed(fields, 'refuse');
}

/** A map of which only some keys are of interest here; others are left to other readers. */
export function partOf<F extends Fields>(fields: F): Schema<ObjectValue<F>> {
  return keyed(fields, 'leave');
}

function keyed<F extends Fields>(fields: F, others: 'refuse' | 'leave'): Schema<ObjectValue<F>> {
  return {
    expects: 'a map',
    read(at) {
      const entries = at.isEmpty ? [] : at.entries;
      if (entries === undefined) return at.mistake(`must be a map, not ${at.found}`);
      const found = new Map(entries.map((entry) => [entry.key, entry]));
      let isWhole = true;
      for (const { key, keyCursor } of others === 'refuse' ? entries : []) {
        if (Object.hasOwn(fields, key)) continue;
        unknownKey(keyCursor, key, Object.keys(fields));
        isWhole = false;
      }
      const value: Record<string, unknown> = {};
      for (const [key, field] of Object.entries(fields)) {
        const entry = found.get(key);
        const reading = readField(field, { at, key, value: entry?.value });
        if (reading === FAILED) isWhole = false;
        else value[key] = reading;
      }
      return isWhole ? (value as ObjectValue<F>) : undefined;
    },
  };
}

const FAILED = Symbol('failed');

function readField(
  field: Field<unknown>,
  place: { at: Cursor; key: string; value: Cursor | undefined },
): unknown {
  const { at, key, value } = place;
  if (value === undefined || value.isEmpty) {
    if (field.presence !== 'required') return field.value;
    const wanted = `it must be ${field.schema.expects}`;
    if (value === undefined) at.mistake(`${key} is missing; ${wanted}`);
    else value.mistake(`is empty; ${wanted}`);
    return FAILED;
  }
  if (field.presence === 'unused') value.warn('is known, but mon does not use it yet');
  const reading = field.schema.read(value);
  return reading === undefined ? FAILED : reading;
}

/** Notes an unknown key with the nearest known one. */
export function unknownKey(at: Cursor, key: string, known: readonly string[]): void {
  const near = nearestWord(key, known);
  const mend =
    near === undefined ? `known here: ${known.toSorted().join(', ')}` : `did you mean '${near}'?`;
  at.mistake(`unknown key '${key}'`, mend);
}

/** A list of values of one kind. */
export function list<T>(item: Schema<T>): Schema<readonly T[]> {
  return {
    expects: 'a list',
    read(at) {
      const items = at.items;
      if (items === undefined) {
        return at.mistake(`must be a list, not ${at.found}`, 'start each entry with "- "');
      }
      const values = items.map((cursor) => readItem(item, cursor));
      return values.includes(undefined) ? undefined : (values as T[]);
    },
  };
}

/** A map with free keys and values of one kind. */
export function mapOf<T>(item: Schema<T>): Schema<Readonly<Record<string, T>>> {
  return {
    expects: 'a map',
    read(at) {
      const entries = at.entries;
      if (entries === undefined) return at.mistake(`must be a map, not ${at.found}`);
      const values = entries.map(({ key, value }) => [key, readItem(item, value)] as const);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return Object.fromEntries(values as [string, T][]);
    },
  };
}

function readItem<T>(item: Schema<T>, at: Cursor): T | undefined {
  return at.isEmpty ? at.mistake(`is empty; it must be ${item.expects}`) : item.read(at);
}

/**
 * Reads with `schema`, then checks or converts. `convert` may note mistakes and return undefined.
 */
export function converted<T, U>(
  schema: Schema<T>,
  convert: (value: T, at: Cursor) => U | undefined,
): Schema<U> {
  return {
    expects: schema.expects,
    read(at) {
      const value = schema.read(at);
      return value === undefined ? undefined : convert(value, at);
    },
  };
}

/** Takes whatever stands there, unread. */
export function anything(): Schema<unknown> {
  return { expects: 'any value', read: () => null };
}
