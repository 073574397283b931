/**
 * What was acknowledged is there exactly once after kill -9 at any moment: while writing, while
 * flushing, while replaying; with any number of shards.
 *
 * MON_KILL_ROUNDS sets the number of kills, MON_TEST_SEED repeats a run's choices.
 */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { type Random, randomFrom } from '../storage/random.ts';
import { BLOCKS, METRIC, SERIES_IN_BLOCK, WRITERS, Writer } from './kill-writers.ts';
import { type StartedMon, startMon } from './started-mon.ts';

const ROUNDS = Number(process.env['MON_KILL_ROUNDS'] ?? 20);
const LIFE_MS_MAX = 700;
const SHARDS_MAX = 3;
const DAY_MS = 24 * 3600 * 1000;
/** Around midnight, so that what is cut falls into two days. */
const BASE_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 60_000;
/** Covers all ticks; in seconds. */
const WINDOW = 3600;
const TIMEOUT_MS = 280_000;
const FAULTS_SHOWN_MAX = 5;

interface Entry {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

async function ask(url: string, query: string): Promise<readonly Entry[]> {
  const parameters = { query, time: String(BASE_MS / 1000 + WINDOW / 2) };
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams(parameters)}`);
  const body = (await answer.json()) as { data?: { result: readonly Entry[] }; error?: string };
  if (body.data === undefined) throw new Error(`${query}: ${body.error}`);
  return body.data.result;
}

/** Ticks of a block that were acknowledged, and those that may be there. */
function expected(writer: Writer, block: number) {
  const acknowledged = writer.acknowledged[block] as ReadonlySet<number>;
  const open = writer.unanswered.filter((body) => body.block === block).map(({ tick }) => tick);
  return { acknowledged, open: new Set(open) };
}

/** Compares the number of samples of all series. */
async function checkCounts(t: Test, url: string, writers: readonly Writer[]): Promise<void> {
  const found = new Map<string, number>();
  for (const { metric, value } of await ask(url, `count_over_time(${METRIC}[${WINDOW}s])`)) {
    found.set(`${metric['writer']}/${metric['block']}/${metric['series']}`, Number(value?.[1]));
  }
  const faults: string[] = [];
  for (const writer of writers) {
    for (let block = 0; block < BLOCKS; block++) {
      const { acknowledged, open } = expected(writer, block);
      for (let series = 0; series < SERIES_IN_BLOCK; series++) {
        const key = `${writer.index}/${block}/${series}`;
        const count = found.get(key) ?? 0;
        const isRight = count >= acknowledged.size && count <= acknowledged.size + open.size;
        if (!isRight) faults.push(`${key}: ${count} of ${acknowledged.size} (+${open.size})`);
      }
    }
  }
  t.same(faults.slice(0, FAULTS_SHOWN_MAX), [], `${found.size} series, ${faults.length} wrong`);
}

/** Compares every sample of a block: times, values, none twice. */
async function checkSamples(t: Test, url: string, [writer, block]: [Writer, number]) {
  const { acknowledged, open } = expected(writer, block);
  const selector = `${METRIC}{writer="${writer.index}",block="${block}"}[${WINDOW}s]`;
  const found = await ask(url, selector);
  const faults: string[] = [];
  for (const { metric, values = [] } of found) {
    const series = Number(metric['series']);
    const byTime = new Map(values.map(([time, value]) => [Math.round(time * 1000), value]));
    if (byTime.size !== values.length) faults.push(`series ${series}: a sample twice`);
    for (const tick of [...acknowledged, ...open]) {
      const timeMs = writer.timeOf(tick);
      const value = byTime.get(timeMs);
      const isMissing = value === undefined;
      if (isMissing && acknowledged.has(tick)) faults.push(`series ${series}: no tick ${tick}`);
      if (!isMissing && Number(value) !== Writer.valueOf(series, tick)) {
        faults.push(`series ${series}: tick ${tick} is ${value}`);
      }
      byTime.delete(timeMs);
    }
    for (const timeMs of byTime.keys()) faults.push(`series ${series}: nobody sent ${timeMs}`);
  }
  if (acknowledged.size > 0 && found.length !== SERIES_IN_BLOCK) {
    faults.push(`${found.length} series`);
  }
  t.same(faults.slice(0, FAULTS_SHOWN_MAX), [], `${selector}: ${faults.length} wrong`);
}

/** Writes, flushes now and then, and is killed after a random time. */
async function writeUntilKilled(mon: StartedMon, writers: readonly Writer[], random: Random) {
  const written = writers.map((writer) => writer.writeUntilGone(mon.url));
  const flushed = (async () => {
    while (random.next(2) === 0) {
      await delay(random.next(LIFE_MS_MAX / 2));
      const answer = await fetch(`${mon.url}/-/flush`, { method: 'POST' }).catch(() => undefined);
      // No answer: it was killed meanwhile.
      if (answer === undefined) return;
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`flush: ${answer.status}`);
    }
  })();
  await delay(random.next(LIFE_MS_MAX));
  await mon.stop('SIGKILL');
  await Promise.all([...written, flushed]);
}

t.setTimeout(TIMEOUT_MS);

t.test('acknowledged samples are there exactly once after any kill -9', async (t) => {
  const random = randomFrom();
  t.comment(`MON_TEST_SEED=${random.seed}`);
  const writers = Array.from({ length: WRITERS }, (_, index) => new Writer(index, BASE_MS));
  const startsMs: number[] = [];
  let dir: string | undefined;
  const start = async () => {
    const startedMs = performance.now();
    const shards = String(1 + random.next(SHARDS_MAX));
    const args = ['server', '--shards', shards, '--log-level', 'warn'];
    const mon = await startMon({ args, ...(dir === undefined ? {} : { dir }) });
    startsMs.push(Math.round(performance.now() - startedMs));
    dir = mon.dir;
    return mon;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const mon = await start();
    await checkCounts(t, mon.url, writers);
    const writer = writers[random.next(WRITERS)] as Writer;
    await checkSamples(t, mon.url, [writer, random.next(BLOCKS)]);
    for (const one of writers) await one.sendAgain(mon.url, () => random.next(2) === 0);
    await writeUntilKilled(mon, writers, random);
    t.notMatch(mon.errors(), /"level":"error"/, mon.errors());
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const mon = await start();
    await checkCounts(t, mon.url, writers);
    for (const writer of writers) {
      for (let block = 0; block < BLOCKS; block++) await checkSamples(t, mon.url, [writer, block]);
    }
    await mon.stop(signal);
    if (signal === 'SIGKILL') mon.remove();
  }
  const bodies = writers.flatMap(({ acknowledged }) => acknowledged.map(({ size }) => size));
  const samples = bodies.reduce((sum, size) => sum + size, 0) * SERIES_IN_BLOCK;
  t.comment(`${samples} samples acknowledged; ready after ${startsMs.join(', ')} ms`);
});
