/**
 * Starts a real `mon` process for tests: on a free loopback port, in a directory of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const ROOT = join(import.meta.dirname, '..', '..');
export const MON = join(ROOT, 'packages/cli/bin/run.js');
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;

export interface StartedMon {
  readonly url: string;
  readonly dir: string;
  readonly process: ChildProcess;
  /** What it wrote to standard error so far. */
  errors(): string;
  /** Sends a signal (SIGTERM if not given) and waits for the end; resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Removes the directory. */
  remove(): void;
}

export interface StartOptions {
  /** The command and its flags, without --data-dir and --listen. */
  readonly args: readonly string[];
  /** An earlier instance's directory, to start on its data again. */
  readonly dir?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Polls until `check` gives something else than undefined; throws after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined>,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const found = await check();
    if (found !== undefined) return found;
    if (waitedMs > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(POLL_MS);
  }
}

/** Starts `mon server` or `mon up` and waits until it is ready. */
export async function startMon({ args, dir, env }: StartOptions): Promise<StartedMon> {
  const home = dir ?? mkdtempSync(join(tmpdir(), 'mon-e2e-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const [command = 'server', ...flags] = args;
  const child = spawn(
    process.execPath,
    [MON, command, '--data-dir', join(home, 'data'), '--listen', listen, ...flags],
    { cwd: home, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } },
  );
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = `http://${listen}`;
  await eventually(`${command} ready`, async () => {
    if (child.exitCode !== null) throw new Error(`mon ${command} ended: ${errors}`);
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    await answer?.text();
    return answer?.ok ? true : undefined;
  });
  return {
    url,
    dir: home,
    process: child,
    errors: () => errors,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** The `data.result` of an instant query. */
export async function instant(url: string, query: string): Promise<InstantSeries[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
  const body = (await answer.json()) as { data?: { result?: InstantSeries[] }; error?: string };
  if (body.data?.result === undefined) throw new Error(`${query}: ${body.error}`);
  return body.data.result;
}

export interface InstantSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface RunOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a `mon` command to its end. */
export async function runMon(args: readonly string[], cwd?: string): Promise<RunOutcome> {
  const child = spawn(process.execPath, [MON, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...output };
}
