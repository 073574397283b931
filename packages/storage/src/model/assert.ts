/**
 * Assertions: a failed one is a bug of ours, never a fault of the world, and is not to be caught.
 */

/** Throws `BUG: what` unless `condition` holds. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`BUG: ${what}`);
}

/** Marks the branch of an exhaustive `switch` that no value reaches. */
export function unreachable(value: never): never {
  throw new Error(`BUG: unreachable value ${JSON.stringify(value)}`);
}
