/**
 * How an error looks on standard error: `Error: what: why. Try this: mend`, on one line unless the
 * reason itself has several (a caret under an expression, a list of mistakes).
 */
import { MonError, reasonOf } from '@mon/storage/model/error';

export function errorText(thrown: unknown): string {
  if (thrown instanceof MonError) {
    const { what, why, mend } = thrown;
    if (why.includes('\n')) return `Error: ${what}: ${why}\nTry this: ${mend}`;
    return `Error: ${what}: ${withPeriod(why)} Try this: ${mend}`;
  }
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  return `Error: Unexpected: ${stack ?? reasonOf(thrown)}\nTry this: Report it as a bug of mon.`;
}

function withPeriod(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
