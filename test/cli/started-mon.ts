/**
 * Long-running `mon` commands as child processes: started, waited for by their ready line, stopped.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { MON } from './run-mon.ts';

export interface StartedMon {
  /** The line printed when ready. */
  readonly line: string;
  /** The URL in that line, or ''. */
  readonly url: string;
  readonly child: ChildProcess;
  /** What was written to standard error so far. */
  errors(): string;
  /** Sends a signal and waits: exit code and signal that ended it. */
  stop(signal: NodeJS.Signals): Promise<readonly unknown[]>;
}

/** Starts a command and resolves when it prints its first line; throws where it ends before. */
export async function startedMon(args: readonly string[], cwd: string): Promise<StartedMon> {
  const child = spawn(process.execPath, [MON, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, 'close');
  const line = once(createInterface({ input: child.stdout }), 'line');
  await Promise.race([line, ended]);
  if (child.exitCode !== null) throw new Error(`mon ${args.join(' ')} ended: ${errors}`);
  const [text] = (await line) as [string];
  return {
    line: text,
    url: /https?:\/\/[\w.:[\]]+/.exec(text)?.[0] ?? '',
    child,
    errors: () => errors,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}
