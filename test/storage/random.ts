/**
 * Seeded random numbers for tests: a failing run is repeated with MON_TEST_SEED=<its seed>.
 */

export interface Random {
  readonly seed: number;
  /** An integer in [0, below). */
  next(below: number): number;
}

/** mulberry32 */
export function randomFrom(given?: number): Random {
  const fromEnv = process.env['MON_TEST_SEED'];
  const seed = given ?? (fromEnv === undefined ? Date.now() >>> 0 : Number(fromEnv));
  let state = seed | 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { seed, next: (below) => Math.floor(unit() * below) };
}
