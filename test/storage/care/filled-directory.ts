/**
 * A data directory with something in every part: two blocks, a log with samples and definitions,
 * rules in the meta store. Made once, then copied for each test.
 */
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@mon/storage/database';
import { tenantId } from '@mon/storage/model/tenant';
import type { Test } from 'tap';
import {
  asColumns,
  databaseOptions,
  NOW_MS,
  openFor,
  readAll,
  type SeriesEntry,
  temporaryDir,
} from '../database-fixture.ts';

export const TEAM = tenantId('team-b');
const DAY_MS = 24 * 3_600_000;
const STEP_MS = 60_000;

/** Series of one day: as many of each metric as instances. */
function entriesOf(startMs: number, samples: number, instances = 30): SeriesEntry[] {
  const entries: SeriesEntry[] = [];
  for (let i = 0; i < instances; i++) {
    for (const metric of ['http_requests_total', 'node_load1', 'up']) {
      const labels = { __name__: metric, instance: `host-${i}:9100`, job: 'node' };
      const points = Array.from(
        { length: samples },
        (_, k) => [startMs + k * STEP_MS, ((i * 7 + k * 3) % 97) / 4] as const,
      );
      entries.push([labels, ...points]);
    }
  }
  return entries;
}

/** Fills a new directory and closes it. */
export async function filledDirectory(t: Test): Promise<string> {
  const dir = join(temporaryDir(t), 'data');
  const database = await openDatabase(databaseOptions(dir));
  const teams = (startMs: number) => entriesOf(startMs, 20, 4);
  for (const startMs of [NOW_MS - 2 * DAY_MS, NOW_MS - DAY_MS]) {
    await database.append(asColumns(entriesOf(startMs, 90)));
    await database.append(asColumns(teams(startMs), TEAM));
    await database.flush();
  }
  for (let i = 0; i < 5; i++) {
    await database.append(asColumns(entriesOf(NOW_MS - 3_600_000 + i * 10 * STEP_MS, 8, 10)));
  }
  const rules = Array.from({ length: 50 }, (_, i) => ({
    kind: 'put' as const,
    key: `rule ${i}`,
    value: `expression ${i} `.repeat(20),
  }));
  await database.meta.write(rules);
  await database.close();
  return dir;
}

export function copyOf(t: Test, dir: string): string {
  const copy = join(temporaryDir(t), 'data');
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** All samples of both tenants, by series. */
export async function contentOf(t: Test, dir: string): Promise<Record<string, [number, number][]>> {
  const database = await openFor(t, dir);
  const content = await readAll(database);
  const ofTeam = await readAll(database, [], { tenant: TEAM });
  for (const [key, samples] of Object.entries(ofTeam)) content[`team-b ${key}`] = samples;
  const meta = await database.meta.list('');
  for (const { key, value } of meta) content[`meta ${key}`] = [[value.length, 0]];
  await database.close();
  return content;
}

/** Turns one bit of a byte; a negative place counts from the end. */
export function flipBit(path: string, at: number, bit = 0): void {
  const bytes = readFileSync(path);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] as number) ^ (1 << bit);
  writeFileSync(path, bytes);
}

/** The largest file of a folder whose name ends so. */
export function largestFile(dir: string, ending: string): string {
  const paths = readdirSync(dir)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(dir, name))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  return paths[0] as string;
}
