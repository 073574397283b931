/**
 * Runs Prometheus's PromQL test scripts against a started server, where they are on this machine
 * (`../shared/conformance/promql`, or the folder in `MON_CONFORMANCE`), with 1 and with 3 shards.
 *
 * Fails only when fewer core cases pass than `test/conformance-floor` says; that number only rises.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, startMon } from './e2e/started-mon.ts';

const SCRIPTS =
  process.env['MON_CONFORMANCE'] ?? join(ROOT, '..', 'shared', 'conformance', 'promql');

/** The conformance runner's output against a server with so many shards. */
async function outputWith(shards: number): Promise<string> {
  const mon = await startMon({
    args: ['server', '--retention', 'off', '--shards', String(shards)],
  });
  try {
    const scripts = [join(SCRIPTS, 'run.mjs'), '--url', mon.url, join(SCRIPTS, 'testdata')];
    const runner = spawn(process.execPath, scripts, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    runner.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await new Promise((resolve) => runner.on('close', resolve));
    return output;
  } finally {
    await mon.stop();
    mon.remove();
  }
}

const floor = Number(readFileSync(join(ROOT, 'test/conformance-floor'), 'utf8'));
if (!existsSync(join(SCRIPTS, 'run.mjs'))) {
  console.log(`no conformance scripts at ${SCRIPTS}: nothing to run`);
  console.log('0 passed, 0 failed');
} else {
  let worst = Number.POSITIVE_INFINITY;
  for (const shards of [1, 3]) {
    const output = await outputWith(shards);
    const core = /^core: (\d+) passed, (\d+) failed.*$/m.exec(output);
    if (core === null) console.log(output);
    if (Number(core?.[1] ?? 0) < floor) console.log(output);
    console.log(`${shards} shards: ${core?.[0] ?? 'the runner gave no total'} (floor ${floor})`);
    worst = Math.min(worst, Number(core?.[1] ?? 0));
  }
  const failed = Math.max(0, floor - worst);
  console.log(`${Math.min(worst, floor)} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}
