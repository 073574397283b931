/**
 * The process that `kill-lanes.test.ts` kills: appends a native histogram and an exemplar at a time,
 * flushing all the while, and writes the number of each step that was acknowledged.
 *
 * Arguments: directory, shards, first step.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '@mon/storage/database';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { columnsOf, databaseOptions } from '../database-fixture.ts';
import { someHistogram } from '../histogram-fixture.ts';
import { laneTime } from './lane-steps.ts';

const [dir = '', shards = '1', firstStep = '0'] = process.argv.slice(2);
const bounds = { segmentBytesMax: 5000 };
const database = await openDatabase(databaseOptions(dir, { shards: Number(shards), bounds }));

async function flushOnAndOn(): Promise<never> {
  for (;;) await database.flush();
}

async function appendOnAndOn(): Promise<never> {
  for (let step = Number(firstStep); ; step++) {
    const timestampMs = laneTime(step);
    const { accepted } = await database.append({
      kind: 'columns',
      tenant: DEFAULT_TENANT,
      columns: columnsOf([]),
      lanes: [
        {
          pairs: ['__name__', 'h'],
          histograms: [{ timestampMs, histogram: someHistogram(step) }],
          exemplars: [{ labels: ['step', `${step}`], value: step, timestampMs }],
        },
      ],
    });
    if (accepted !== 1) throw new Error(`step ${step} was rejected`);
    writeSync(1, `${step}\n`);
  }
}

await Promise.all([flushOnAndOn(), appendOnAndOn()]);
