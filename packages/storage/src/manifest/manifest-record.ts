/**
 * The records of MANIFEST.log: JSON texts in the frames of a log. Format: docs/formats/manifest.md.
 */
import { HASH_KEY_BYTES, type HashKey } from '../encoding/siphash.ts';
import { framedRecord } from '../log/record-frame.ts';
import type { ManifestChange, ManifestEntry } from './manifest-entry.ts';

export const FORMAT_VERSION = 1;

/** Record kinds. */
export const HEAD_RECORD = 1;
export const STATE_RECORD = 2;
export const CHANGE_RECORD = 3;

/** First record of every manifest. */
export interface ManifestHead {
  readonly format: number;
  readonly hashKey: HashKey;
}

/** Everything that the records before it, now dropped, amounted to. */
export interface ManifestState {
  readonly live: readonly ManifestEntry[];
  readonly cutUpTo: number;
  readonly cutAbove: readonly number[];
  /** Highest block number ever given. */
  readonly lastBlock: number;
}

export function encodeHead(head: ManifestHead): Uint8Array {
  const hashKey = Buffer.from(head.hashKey).toString('hex');
  return frame(HEAD_RECORD, { format: head.format, hashKey });
}

export function encodeState(state: ManifestState): Uint8Array {
  return frame(STATE_RECORD, { ...state, live: state.live.map(entryFields) });
}

export function encodeChange({ add, remove, generations }: ManifestChange): Uint8Array {
  return frame(CHANGE_RECORD, { add: add.map(entryFields), remove, generations });
}

/** Only what the format names, in its order, whatever else the caller's object carries. */
function entryFields(entry: ManifestEntry): ManifestEntry {
  const { id, tier, minTimeMs, maxTimeMs, series, samples, bytes } = entry;
  const { min, max } = entry.generations;
  return { id, tier, minTimeMs, maxTimeMs, series, samples, bytes, generations: { min, max } };
}

function frame(kind: number, content: object): Uint8Array {
  return framedRecord(kind, new TextEncoder().encode(JSON.stringify(content)));
}

/** The parsers throw an Error with the reason where a record has not the form it should have. */
export function parseHead(payload: Uint8Array): ManifestHead {
  const fields = parseObject(payload);
  const format = fields['format'];
  if (format !== FORMAT_VERSION) throw new Error(`it has format ${format}, not ${FORMAT_VERSION}`);
  const hashKey = Uint8Array.from(Buffer.from(String(fields['hashKey']), 'hex'));
  if (hashKey.length !== HASH_KEY_BYTES) throw new Error('its hash key has not 16 bytes');
  return { format, hashKey };
}

export function parseState(payload: Uint8Array): ManifestState {
  const fields = parseObject(payload);
  return {
    live: listOf(fields['live'], 'live').map(parseEntry),
    cutUpTo: integerOf(fields['cutUpTo'], 'cutUpTo'),
    cutAbove: listOf(fields['cutAbove'], 'cutAbove').map((n) => integerOf(n, 'cutAbove')),
    lastBlock: integerOf(fields['lastBlock'], 'lastBlock'),
  };
}

export function parseChange(payload: Uint8Array): ManifestChange {
  const fields = parseObject(payload);
  return {
    add: listOf(fields['add'], 'add').map(parseEntry),
    remove: listOf(fields['remove'], 'remove').map((id) => textOf(id, 'remove')),
    generations: listOf(fields['generations'], 'generations').map((n) =>
      integerOf(n, 'generations'),
    ),
  };
}

function parseEntry(value: unknown): ManifestEntry {
  const fields = objectOf(value, 'entry');
  const generations = objectOf(fields['generations'], 'generations');
  const integer = (name: string) => integerOf(fields[name], name);
  if (fields['tier'] !== 'raw') throw new Error(`the tier ${fields['tier']} is not known`);
  return {
    id: textOf(fields['id'], 'id'),
    tier: 'raw',
    minTimeMs: integer('minTimeMs'),
    maxTimeMs: integer('maxTimeMs'),
    series: integer('series'),
    samples: integer('samples'),
    bytes: integer('bytes'),
    generations: {
      min: integerOf(generations['min'], 'generations.min'),
      max: integerOf(generations['max'], 'generations.max'),
    },
  };
}

function parseObject(payload: Uint8Array): Record<string, unknown> {
  return objectOf(JSON.parse(new TextDecoder().decode(payload)), 'record');
}

function objectOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} is no object`);
  }
  return Object.fromEntries(Object.entries(value));
}

function listOf(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${name} is no list`);
  return value;
}

function integerOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new Error(`${name} is no integer`);
  }
  return value;
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value;
}
