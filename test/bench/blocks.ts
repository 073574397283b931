/**
 * What blocks cost: CPU of cuts and merges in ns a sample, and bytes a sample by part.
 *
 *     node test/bench/blocks.ts [hosts] [hours between cuts: 0.5 is live traffic, 3 a backfill]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockReader } from '@mon/storage/block/block-reader';
import { writeBlock } from '@mon/storage/block/block-writer';
import { lowerBound, suitableSlotWidthMs } from '@mon/storage/chunk/slot';
import { mergeBlocks } from '@mon/storage/compact/merge-blocks';
import { planNextMerge } from '@mon/storage/compact/plan-merges';
import { LevelDatabase } from '@mon/storage/kv/level-database';
import { Manifest } from '@mon/storage/manifest/manifest';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { HASH_KEY, hostSeries } from './host-series.ts';

const HOUR_MS = 3_600_000;
const hosts = Number(process.argv[2] ?? 20);
const cutHours = Number(process.argv[3] ?? 0.5);
const startMs = Date.UTC(2026, 0, 5);
const series = hostSeries(hosts, 13 * 240, startMs);
const samples = series.length * 13 * 240;

const dir = mkdtempSync(join(tmpdir(), 'mon-bench-blocks-'));
const manifest = Manifest.open(dir, () => Buffer.from(HASH_KEY));
const spent: Record<string, number> = {};

async function measured<T>(what: string, run: () => Promise<T>): Promise<T> {
  const before = process.cpuUsage();
  const outcome = await run();
  const { user, system } = process.cpuUsage(before);
  spent[what] = (spent[what] ?? 0) + (1000 * (user + system)) / samples;
  return outcome;
}

async function cut(generation: number): Promise<void> {
  const fromMs = startMs + (generation - 1) * cutHours * HOUR_MS;
  const toMs = fromMs + cutHours * HOUR_MS;
  const cutColumns = new Map<Float64Array, { from: number; to: number; times: Float64Array }>();
  const parts = series.map((one) => {
    let columns = cutColumns.get(one.timestampsMs);
    if (columns === undefined) {
      const from = lowerBound(one.timestampsMs, fromMs);
      const to = lowerBound(one.timestampsMs, toMs, from);
      columns = { from, to, times: one.timestampsMs.slice(from, to) };
      cutColumns.set(one.timestampsMs, columns);
    }
    const { from, to, times } = columns;
    return { ...one, timestampsMs: times, values: one.values.subarray(from, to) };
  });
  const id = manifest.newBlockId();
  const size = {
    series: parts.length,
    samples: parts.length * (parts[0]?.values.length ?? 0),
    spanMs: parts.length * cutHours * HOUR_MS,
  };
  const summary = await measured('cut', () =>
    writeBlock({
      dir: manifest.blockDir(id),
      hashKey: manifest.hashKey,
      slotWidthMs: suitableSlotWidthMs(size),
      generations: { min: generation, max: generation },
      sources: [],
      series: parts,
    }),
  );
  const add = summary === undefined ? [] : [{ id, tier: 'raw' as const, ...summary }];
  manifest.commit({ add, remove: [], generations: [generation] });
}

async function mergeAll(until: 'usual' | 'days'): Promise<void> {
  for (;;) {
    const plan = planNextMerge(manifest.live, until);
    if (plan === undefined) return;
    const what = plan.windowMs > 2 * HOUR_MS ? 'merge to days' : 'merge to 2 h';
    await measured(what, () => mergeBlocks(manifest, plan));
  }
}

/** Bytes of keys and values by kind, and of the files. */
async function bytesByPart(blockDir: string): Promise<Record<string, number>> {
  const database = await LevelDatabase.open(blockDir);
  const bytes: Record<string, number> = {};
  for await (const page of database.pages({ gte: new Uint8Array(0), lt: Uint8Array.of(0xff) })) {
    for (const [key, value] of page) {
      const kind = String.fromCharCode(key[0] as number);
      bytes[kind] = (bytes[kind] ?? 0) + key.length + value.length;
    }
  }
  await database.close();
  return bytes;
}

async function readAll(blockDir: string): Promise<number> {
  const reader = await BlockReader.open(blockDir);
  let read = 0;
  const whole = { tenant: DEFAULT_TENANT, matchers: [], startMs: 0, endMs: Infinity };
  for await (const batch of reader.select({ ...whole, shard: { index: 0, count: 1 } })) {
    read += batch.values.length;
  }
  await reader.close();
  return read;
}

try {
  const cuts = Math.ceil(13 / cutHours);
  for (let generation = 1; generation <= cuts; generation++) {
    await cut(generation);
    await mergeAll('usual');
  }
  await mergeAll('days');
  const entry = manifest.live[0];
  if (entry === undefined) throw new Error('there is no block');
  const blockDir = manifest.blockDir(entry.id);
  for (let round = 0; round < 3; round++) await measured('read', () => readAll(blockDir));
  const parts = await bytesByPart(blockDir);
  const held = Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
  console.log(`${series.length} series, ${samples} samples; CPU in ns a sample:`);
  const total = Object.entries(spent).reduce((sum, [k, ns]) => sum + (k === 'read' ? 0 : ns), 0);
  const rows = { ...spent, read: (spent['read'] ?? 0) / 3, 'cut and merges': total };
  console.table(Object.fromEntries(Object.entries(rows).map(([k, ns]) => [k, ns.toFixed(1)])));
  const sizes = { ...parts, LevelDB: entry.bytes - held, all: entry.bytes };
  console.log('bytes a sample by kind of key (docs/formats/block.md):');
  console.table(
    Object.fromEntries(Object.entries(sizes).map(([k, n]) => [k, (n / samples).toFixed(4)])),
  );
} finally {
  manifest.close();
  rmSync(dir, { recursive: true, force: true });
}
