/**
 * Runs Prometheus's PromQL test scripts against a started server, where they are on this machine
 * (`../shared/conformance/promql`, or the folder in `MON_CONFORMANCE`), with 1 and with 3 shards.
 *
 * Fails only when fewer core cases pass than `test/conformance-floor` says; that number only rises.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..');
const SCRIPTS =
  process.env['MON_CONFORMANCE'] ?? join(ROOT, '..', 'shared', 'conformance', 'promql');
const READY_TIMEOUT_MS = 30_000;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_TIMEOUT_MS; waitedMs += 100) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    try {
      if ((await fetch(`${url}/-/ready`)).ok) return;
    } catch (refused) {
      if (!(refused instanceof TypeError)) throw refused;
    }
    await delay(100);
  }
  throw new Error(`the server was not ready within ${READY_TIMEOUT_MS} ms`);
}

/** The conformance runner's output against a server with so many shards. */
async function outputWith(shards: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'mon-conformance-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const flags = ['--data-dir', join(dir, 'mon'), '--listen', listen, '--retention', 'off'];
  const server = spawn(
    process.execPath,
    [join(ROOT, 'packages/cli/bin/run.js'), 'server', ...flags, '--shards', String(shards)],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    await untilReady(`http://${listen}`, server);
    const runner = spawn(process.execPath, [
      join(SCRIPTS, 'run.mjs'),
      '--url',
      `http://${listen}`,
      join(SCRIPTS, 'testdata'),
    ]);
    let output = '';
    runner.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    runner.stderr.pipe(process.stderr);
    await new Promise((resolve) => runner.on('close', resolve));
    return output;
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null) await new Promise((resolve) => server.on('exit', resolve));
    rmSync(dir, { recursive: true, force: true });
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
