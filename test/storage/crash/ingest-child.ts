/**
 * The process that `kill-ingest.test.ts` kills: writers that append as fast as they can, cuts and
 * merges all the while. Each acknowledged append is a line `WRITER STEP` on standard output, written
 * before the next append of that writer.
 *
 * Arguments: directory, shards, first step.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from '@mon/storage/database';
import { asBody, databaseOptions } from '../database-fixture.ts';
import { stepEntries, WRITERS } from './ingest-steps.ts';

const [dir = '', shards = '1', firstStep = '0'] = process.argv.slice(2);
const database = await openDatabase(
  databaseOptions(dir, {
    shards: Number(shards),
    // Segments hold a few appends.
    bounds: { segmentBytesMax: 20_000 },
  }),
);
writeSync(1, 'ready\n');

async function flushOnAndOn(): Promise<never> {
  for (;;) await database.flush();
}

await Promise.all([
  flushOnAndOn(),
  ...Array.from({ length: WRITERS }, async (_, writer) => {
    for (let step = Number(firstStep); ; step++) {
      const { rejected } = await database.append(asBody(stepEntries(writer, step)));
      if (rejected > 0) throw new Error(`writer ${writer} step ${step}: ${rejected} rejected`);
      writeSync(1, `${writer} ${step}\n`);
    }
  }),
]);
