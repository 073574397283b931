/**
 * Keeps LevelDB directories that several threads share open from before the first until after the
 * last.
 *
 * classic-level 3.0 gives all threads of a process one database, with the block cache and filter of
 * whoever opened it first, and frees these when that one closes, while others still read: a use
 * after free that ends the process. So main opens each directory before any other thread does, and
 * closes it when no other has it any more. (binding.cc, `threadsafe_open`, `CloseDatabase`.)
 */

/** A thread's way to whoever keeps directories open. */
export interface OpeningHolder {
  /**
   * Resolves when the directory is held open.
   *
   * @throws MonError as opening it does
   */
  hold(dir: string): Promise<unknown>;
  /** Once for each `hold` that resolved, after this thread has closed the directory. */
  release(dir: string): void;
}

let holder: OpeningHolder | undefined;

/** Makes all openings of this thread go by a holder on another; to be called before the first. */
export function holdOpeningsBy(other: OpeningHolder): void {
  holder = other;
}

/** This thread's holder; undefined where it shares directories with no other. */
export function openingHolder(): OpeningHolder | undefined {
  return holder;
}
