/**
 * Runs `mon` as a child process, for tests of what a shell sees: output, exit code.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const MON = join(import.meta.dirname, '..', '..', 'packages/cli/bin/run.js');

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ends standard output after its first bytes, as `head -1` does. */
  readonly closesEarly?: boolean;
  /** Sent when the child wrote to standard output for the first time, or after `signalAfter`. */
  readonly signal?: NodeJS.Signals;
  readonly signalAfter?: Promise<void>;
}

export async function runMon(
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { MON_SERVER: _server, MON_TOKEN: _token, ...inherited } = process.env;
  const child = spawn(process.execPath, [MON, ...args], {
    cwd: options.cwd,
    env: { ...inherited, NO_COLOR: '1', TZ: 'UTC', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.once('data', () => {
    if (options.closesEarly) child.stdout.destroy();
    if (options.signal !== undefined) child.kill(options.signal);
  });
  void options.signalAfter?.then(() => child.kill(options.signal));
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}
