/**
 * Waits on a condition of the real world (a socket, a file watch) instead of a time.
 */
import { setTimeout as wait } from 'node:timers/promises';

/** Resolves with the first result that is neither undefined nor false; rejects after a minute. */
export async function eventually<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const result = probe();
    if (result !== undefined && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`it did not come to pass: ${what}`);
    await wait(5);
  }
}
