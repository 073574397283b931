/**
 * Kills a process that appends, cuts and merges, at random moments, twenty times on one directory:
 * every acknowledged sample is there afterwards, once, and nothing that was never sent.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openDatabase } from '@mon/storage/database';
import t from 'tap';
import { databaseOptions, readAll, recordingLog, temporaryDir } from '../database-fixture.ts';
import { type Random, randomFrom } from '../random.ts';
import {
  hasLate,
  lateTimeOf,
  SERIES_PER_WRITER,
  seriesName,
  timeOf,
  valueAt,
  WRITERS,
} from './ingest-steps.ts';

const ROUNDS = 20;
const CHILD = join(import.meta.dirname, 'ingest-child.ts');
/** Steps that a killed process may have sent without an answer: one a writer. */
const STEPS_UNANSWERED = 1;

/** For each writer the steps that were acknowledged, and one more that may have been stored. */
class Acknowledged {
  readonly steps = Array.from({ length: WRITERS }, () => new Set<number>());
  readonly maybe = Array.from({ length: WRITERS }, () => new Set<number>());

  get count(): number {
    return this.steps.reduce((sum, steps) => sum + steps.size, 0);
  }

  get nextStep(): number {
    return Math.max(-1, ...this.maybe.flatMap((steps) => [...steps])) + 1;
  }

  add(writer: number, step: number): void {
    this.steps[writer]?.add(step);
    this.maybe[writer]?.add(step + STEPS_UNANSWERED);
  }
}

/** Runs a child until it is killed; notes what it acknowledged. */
async function runAndKill(
  dir: string,
  acknowledged: Acknowledged,
  { next }: Random,
): Promise<{ readonly shards: number }> {
  const shards = [1, 2, 3][next(3)] as number;
  const firstStep = acknowledged.nextStep;
  for (const maybe of acknowledged.maybe) maybe.add(firstStep);
  const child = spawn(process.execPath, [CHILD, dir, `${shards}`, `${firstStep}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  // Sometimes while it opens the directory, mostly while it writes.
  if (next(4) === 0) setTimeout(kill, next(400));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') setTimeout(kill, next(500));
    else {
      const [writer = 0, step = 0] = line.split(' ').map(Number);
      acknowledged.add(writer, step);
    }
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.signalCode !== 'SIGKILL') throw new Error(`the child ended with ${child.exitCode}`);
  return { shards };
}

/** What is wrong with what a directory holds; '' where nothing is. */
function faultOf(found: Record<string, [number, number][]>, acknowledged: Acknowledged): string {
  for (let writer = 0; writer < WRITERS; writer++) {
    const steps = [...(acknowledged.steps[writer] ?? [])];
    const maybe = [...(acknowledged.maybe[writer] ?? [])];
    for (let series = 0; series < SERIES_PER_WRITER; series++) {
      const name = seriesName(writer, series);
      const timesOf = (of: number[]) =>
        of.flatMap((step) => (hasLate(series) ? [timeOf(step), lateTimeOf(step)] : [timeOf(step)]));
      const wanted = timesOf(steps);
      const allowed = new Set([...wanted, ...timesOf(maybe)]);
      const samples = found[name] ?? [];
      const times = new Set(samples.map(([ms]) => ms));
      if (times.size !== samples.length) return `${name} has a timestamp twice`;
      const lost = wanted.filter((ms) => !times.has(ms));
      if (lost.length > 0) return `${name} lost ${lost.length} samples, of ${lost[0]}`;
      for (const [ms, value] of samples) {
        if (!allowed.has(ms)) return `${name} has a sample at ${ms} that was never sent`;
        if (value !== valueAt(ms, series)) return `${name} has ${value} at ${ms}`;
      }
    }
  }
  return '';
}

t.test('kill -9 loses nothing acknowledged and doubles nothing', async (t) => {
  const random = randomFrom();
  t.comment(`seed ${random.seed}`);
  const dir = temporaryDir(t);
  const acknowledged = new Acknowledged();
  const lines: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { shards } = await runAndKill(dir, acknowledged, random);
    const changes = { shards: 1 + random.next(3), log: recordingLog(lines) };
    const database = await openDatabase(databaseOptions(dir, changes));
    const fault = faultOf(await readAll(database), acknowledged);
    if (fault !== '') {
      t.fail(`seed ${random.seed}, round ${round}, ${shards} shards: ${fault}`);
      break;
    }
    // One round in four goes on from sealed directories alone.
    if (random.next(4) === 0) await database.flush();
    await database.close();
  }
  const errors = lines.filter((line) => line.startsWith('error'));
  t.same(errors, [], 'nothing of the log is damaged');
  t.comment(`${acknowledged.count} appends acknowledged`);
  t.ok(acknowledged.count > ROUNDS, 'the test has tested something');
});
