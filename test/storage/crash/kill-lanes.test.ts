/**
 * Kills a process that appends native histograms and exemplars, cuts and merges: every acknowledged
 * one is there afterwards, once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDatabase } from '@mon/storage/database';
import { entryBytes } from '@mon/storage/model/histogram-run';
import { laneRun } from '@mon/storage/model/queryable';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import t from 'tap';
import { databaseOptions, temporaryDir } from '../database-fixture.ts';
import { seededRandom } from '../encoding/seeded-random.ts';
import { bytesOf, someHistogram } from '../histogram-fixture.ts';
import { laneTime } from './lane-steps.ts';

const ROUNDS = 3;
const CHILD = join(import.meta.dirname, 'lane-child.ts');

t.test('acknowledged histograms and exemplars outlive kill -9', { timeout: 300_000 }, async (t) => {
  const random = seededRandom(t);
  const dir = temporaryDir(t);
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [CHILD, dir, `${1 + random.below(2)}`, `${next}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const wanted = 5 + random.below(60);
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      next = Number(line) + 1;
      if (++seen === wanted) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    t.equal(child.signalCode, 'SIGKILL');
    // The step under way may be stored or not.
    const database = await openDatabase(databaseOptions(dir));
    const steps = new Set<number>();
    const request = { tenant: DEFAULT_TENANT, startMs: 0, endMs: 2 ** 49 };
    for await (const batch of database.select({ ...request, matchers: [], histograms: true })) {
      const lane = batch.histograms;
      if (lane === undefined) continue;
      const run = laneRun(lane, 0);
      run.timestampsMs.forEach((ms, i) => {
        const step = (ms - laneTime(0)) / 1000;
        if (steps.has(step)) t.fail(`step ${step} came twice`);
        steps.add(step);
        const same = Buffer.compare(entryBytes(run, i), bytesOf(someHistogram(step)));
        if (same !== 0) t.fail(`step ${step} has changed`);
      });
    }
    const [found] = await database.exemplars({ ...request, selectors: [[]], limit: 0 });
    await database.close();
    for (let step = 0; step < next; step++) if (!steps.has(step)) t.fail(`step ${step} is lost`);
    t.ok((found?.exemplars.length ?? 0) >= Math.min(next, 256), `${next} steps`);
    next = Math.max(next, ...[...steps].map((step) => step + 1));
  }
});
