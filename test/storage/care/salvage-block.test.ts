/**
 * BlockSalvage: samples, native histograms and exemplars of a block that is hit anywhere.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BlockSeries } from '@mon/storage/block/block-series';
import { writeBlock } from '@mon/storage/block/block-writer';
import { openBlockFiles } from '@mon/storage/care/block-files';
import type { Loss } from '@mon/storage/care/part-report';
import { BlockSalvage } from '@mon/storage/care/salvage-block';
import { nodeFiles } from '@mon/storage/files/node-files';
import { entryBytes } from '@mon/storage/model/histogram-run';
import { formatLabels } from '@mon/storage/model/labels';
import t from 'tap';
import {
  KEY,
  SLOT_MS,
  START_MS,
  seriesOf,
  sorted,
  temporaryFolder,
  times,
} from '../block/block-fixture.ts';
import { runOf, someHistogram } from '../histogram-fixture.ts';

function madeSeries(): BlockSeries[] {
  return sorted(
    Array.from({ length: 40 }, (_, i) => {
      const record = { __name__: i % 2 === 0 ? 'latency' : 'up', instance: `host-${i}` };
      const plain = seriesOf(record, times(START_MS, 700 + i), (k) => (i * k) % 17);
      if (i % 2 === 1) return plain;
      const run = runOf(
        Array.from({ length: 500 }, (_, k) => [START_MS + k * 30_000 + 7, someHistogram(i + k)]),
      );
      const exemplars = Array.from({ length: 5 }, (_, k) => ({
        labels: ['trace_id', `${i} ${k}`],
        timestampMs: START_MS + k * 1000,
        value: k,
      }));
      return { ...plain, histograms: run, exemplars };
    }),
  );
}

/** What a series holds, entry by entry, so that what is left can be compared. */
function entriesOf({ labels, timestampsMs, values, histograms, exemplars }: BlockSeries): string[] {
  const name = formatLabels(labels);
  const run = histograms ?? { timestampsMs: new Float64Array(0), bytes: new Uint8Array(0) };
  return [
    ...Array.from(timestampsMs, (ms, i) => `${name} ${ms} ${values[i]}`),
    ...Array.from(run.timestampsMs, (ms, i) => {
      const bytes = histograms === undefined ? '' : entryBytes(histograms, i);
      return `${name} ${ms} ${Buffer.from(bytes).toString('hex')}`;
    }),
    ...(exemplars ?? []).map((one) => `${name} ${one.labels} ${one.timestampMs} ${one.value}`),
  ];
}

t.test(
  'BlockSalvage gives all of an intact block, and what is left of a damaged one',
  async (t) => {
    const dir = join(temporaryFolder(t), '00000001');
    const series = madeSeries();
    const summary = await writeBlock({
      ...{ dir, hashKey: KEY, slotWidthMs: SLOT_MS, generations: { min: 1, max: 1 }, sources: [] },
      series,
    });
    const whole = new Set(series.flatMap(entriesOf));
    const salvage = async () => {
      const losses: Loss[] = [];
      const entries = openBlockFiles(dir, nodeFiles);
      const onLoss = (loss: Loss) => losses.push(loss);
      const saved = await BlockSalvage.open({ entries, summary, hashKey: KEY, onLoss });
      const found: string[] = [];
      for await (const one of saved?.series() ?? []) found.push(...entriesOf(one));
      entries.close();
      return { losses, found };
    };
    const before = await salvage();
    t.same(before.losses, []);
    t.equal(before.found.length, whole.size);
    t.ok(before.found.every((entry) => whole.has(entry)));
    const table = join(dir, readdirSync(dir).find((name) => name.endsWith('.ldb')) ?? '');
    const bytes = readFileSync(table);
    for (let at = 50; at < bytes.length; at += Math.floor(bytes.length / 25)) {
      writeFileSync(table, Buffer.from(bytes).fill(0x5a, at, at + 8));
      const { losses, found } = await salvage();
      t.ok(
        found.every((entry) => whole.has(entry)),
        `byte ${at}: nothing is made up`,
      );
      t.equal(found.length < whole.size, losses.length > 0, `byte ${at}: what is lost is told`);
    }
  },
);
