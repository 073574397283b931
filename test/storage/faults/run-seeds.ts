/**
 * Runs a campaign over seeds from the command line, counts what it did, and prints for each failing
 * seed the command that repeats it.
 *
 *     --seed N    one seed, told step by step
 *     --seeds N   so many, from `--from` on (0)
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MonError } from '@mon/storage/model/error';

const SEEDS_DEFAULT = 1000;
/** After so many failing seeds the rest are not tried. */
const FAILURES_MAX = 10;

/** What a campaign is told of its seed, and tells. */
export interface Seed {
  readonly number: number;
  say(line: string): void;
  count(kind: string): void;
  counts(kinds: ReadonlyMap<string, number>): void;
  acknowledged: number;
}

type RunSeed = (root: string, seed: Seed) => Promise<void>;

/** Whether an error is the world's fault and not a bug. */
export function isWorldly(error: unknown): boolean {
  return error instanceof MonError || (error instanceof Error && 'syscall' in error);
}

/** Runs the seeds that the command line names; sets the exit code. */
export async function runCampaign(file: string, run: RunSeed): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seed: text, seeds: text, from: text } });
  const kinds = new Map<string, number>();
  let acknowledged = 0;
  const tryOne = async (number: number, say: (line: string) => void): Promise<string> => {
    const add = (kind: string, count: number) => kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    const seed: Seed = {
      ...{ number, say, acknowledged: 0 },
      count: (kind) => add(kind, 1),
      counts: (found) => {
        for (const [kind, count] of found) add(kind, count);
      },
    };
    const fault = await faultOf(run, seed);
    acknowledged += seed.acknowledged;
    return fault;
  };
  if (values.seed !== undefined) {
    const fault = await tryOne(Number(values.seed), (line) => console.log(line));
    console.log(fault === '' ? 'nothing is wrong' : `WRONG: ${fault}`);
    process.exitCode = fault === '' ? 0 : 1;
    return;
  }
  const from = Number(values.from ?? 0);
  const to = from + Number(values.seeds ?? SEEDS_DEFAULT);
  let failures = 0;
  let seeds = 0;
  for (let number = from; number < to && failures < FAILURES_MAX; number++, seeds++) {
    const fault = await tryOne(number, () => {});
    if (fault === '') continue;
    failures++;
    console.log(`node ${file} --seed ${number}\n    ${fault}`);
  }
  for (const [kind, count] of [...kinds].sort()) console.log(`${count}\t${kind}`);
  const { user, system } = process.cpuUsage();
  const cpu = ((user + system) / 1e6).toFixed(1);
  console.log(`${seeds} seeds, ${failures} failed, ${acknowledged} acknowledged, ${cpu} s of CPU`);
  process.exitCode = failures === 0 ? 0 : 1;
}

/** What went wrong with a seed; '' where nothing did. */
async function faultOf(run: RunSeed, seed: Seed): Promise<string> {
  // Folders in memory: a campaign makes many small files, and syncs are its own affair.
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const root = mkdtempSync(join(parent, 'mon-faults-'));
  let fault = '';
  const note = (error: unknown) => {
    fault ||= error instanceof Error ? (error.stack ?? error.message) : String(error);
  };
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  try {
    await run(root, seed);
  } catch (error) {
    note(error);
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    rmSync(root, { recursive: true, force: true });
  }
  return fault;
}
