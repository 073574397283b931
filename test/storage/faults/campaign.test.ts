/**
 * The two fault campaigns, as many seeds as a minute of CPU allows. More by hand:
 * `node test/storage/faults/log-campaign.ts --seeds 100000`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';

/** Machines are slow when all tests run at once. */
const TIME_MAX_MS = 30 * 60 * 1000;

async function campaign(t: Test, file: string, seeds: number): Promise<void> {
  t.setTimeout(TIME_MAX_MS);
  const child = spawn(process.execPath, [join(import.meta.dirname, file), '--seeds', `${seeds}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) t.comment(line);
  t.equal((await ended)[0], 0, `${file}: no seed failed`);
}

t.test('log and manifest lose nothing acknowledged under faults', (t) =>
  campaign(t, 'log-campaign.ts', 1500),
);

t.test('shards, log and manifest lose nothing acknowledged under faults', (t) =>
  campaign(t, 'shard-campaign.ts', 80),
);
