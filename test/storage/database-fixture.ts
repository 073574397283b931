/**
 * A database in a temporary directory, and short ways to write to it and read from it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@mon/storage/database';
import {
  AHEAD_MAX_DEFAULT_MS,
  type DatabaseOptions,
  type StorageLog,
} from '@mon/storage/database-options';
import type { AppendBody, AppendColumns, SampleColumns } from '@mon/storage/model/appender';
import { formatLabels, type Labels, labelsFromRecord } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import type { Matcher } from '@mon/storage/model/matcher';
import type { Queryable, SelectRequest } from '@mon/storage/model/queryable';
import { DEFAULT_TENANT, type TenantId } from '@mon/storage/model/tenant';
import { encodeRemoteWrite } from '@mon/storage/protocol/remote-write-encode';
import type { Test } from 'tap';

/** 2025-01-02T12:00:00Z */
export const NOW_MS = 1735819200000;
export const QUIET: StorageLog = { info() {}, warn() {}, error() {} };

/** Keeps what was logged, as `level message`. */
export function recordingLog(lines: string[]): StorageLog {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

export function temporaryDir(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'mon-db-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export function databaseOptions(
  dataDir: string,
  changes: Partial<DatabaseOptions> = {},
): DatabaseOptions {
  return {
    dataDir,
    shards: 1,
    retentionMs: undefined,
    aheadMaxMs: AHEAD_MAX_DEFAULT_MS,
    fsync: 'always',
    clock: new ManualClock(NOW_MS),
    log: QUIET,
    ...changes,
  };
}

/** Opens a database that is closed when the test ends. */
export async function openFor(
  t: Test,
  dataDir: string,
  changes: Partial<DatabaseOptions> = {},
): Promise<Database> {
  const database = await openDatabase(databaseOptions(dataDir, changes));
  t.teardown(() => database.close());
  return database;
}

/** Series as a test writes them down: labels and [timestamp, value] pairs. */
export type SeriesEntry = readonly [
  labels: Readonly<Record<string, string>>,
  ...samples: (readonly [timestampMs: number, value: number])[],
];

export function columnsOf(entries: readonly SeriesEntry[]): SampleColumns {
  const labels: Labels[] = [];
  const offsets = [0];
  const timestamps: number[] = [];
  const values: number[] = [];
  for (const [record, ...samples] of entries) {
    labels.push(labelsFromRecord(record));
    for (const [timestampMs, value] of samples) {
      timestamps.push(timestampMs);
      values.push(value);
    }
    offsets.push(timestamps.length);
  }
  return {
    labels,
    sampleOffsets: Uint32Array.from(offsets),
    timestampsMs: Float64Array.from(timestamps),
    values: Float64Array.from(values),
  };
}

export function asBody(entries: readonly SeriesEntry[], tenant = DEFAULT_TENANT): AppendBody {
  const body = encodeRemoteWrite(columnsOf(entries));
  return { kind: 'body', format: 'remote-write-1', tenant, body };
}

export function asColumns(entries: readonly SeriesEntry[], tenant = DEFAULT_TENANT): AppendColumns {
  return { kind: 'columns', tenant, columns: columnsOf(entries) };
}

/** All that a selection finds: series as PromQL writes it -> [timestamp, value] pairs. */
export async function readAll(
  queryable: Queryable,
  matchers: readonly Matcher[] = [],
  changes: Partial<SelectRequest> & { readonly tenant?: TenantId } = {},
): Promise<Record<string, [number, number][]>> {
  const request = {
    tenant: DEFAULT_TENANT,
    matchers,
    startMs: -(2 ** 49),
    endMs: 2 ** 49,
    ...changes,
  };
  const found: Record<string, [number, number][]> = {};
  for await (const batch of queryable.select(request)) {
    batch.labels.forEach((labels, i) => {
      const key = formatLabels(labels);
      if (key in found) throw new Error(`${key} came twice`);
      const timestampsMs = batch.timestampColumns[batch.timestampColumn[i] as number];
      const from = batch.valueOffsets[i] as number;
      const values = batch.values.subarray(from, batch.valueOffsets[i + 1]);
      if (timestampsMs?.length !== values.length) throw new Error(`${key}: columns differ`);
      found[key] = Array.from(timestampsMs, (ms, k) => [ms, values[k] as number]);
    });
  }
  return found;
}

/** Sorted by key, for comparing. */
export function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
