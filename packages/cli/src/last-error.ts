/**
 * What ends the process from outside any command: a bug in a callback, a thread that died.
 *
 * It is told like any other error, and the process ends at once with its exit code: nothing that
 * went on could be trusted.
 */
import { errorText } from './error-text.ts';
import { exitCodeOf } from './exit-code.ts';

const acts = new Set<() => void>();

/** Runs `act` before such an error is written, to leave a screen; returns how to take that back. */
export function beforeLastError(act: () => void): () => void {
  acts.add(act);
  return () => acts.delete(act);
}

/** From now on, what nobody catches is written to standard error and ends the process. */
export function endOnUncaught(): void {
  process.on('uncaughtException', (thrown) => {
    try {
      for (const act of acts) act();
    } finally {
      // Also where an act failed: this error came first.
      process.stderr.write(`${errorText(thrown)}\n`);
      process.exit(exitCodeOf(thrown));
    }
  });
}
