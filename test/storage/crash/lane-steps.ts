/**
 * What `lane-child.ts` writes in its steps.
 */
import { NOW_MS } from '../database-fixture.ts';

/** The time of a step's histogram and exemplar. */
export function laneTime(step: number): number {
  return NOW_MS - 86_400_000 + step * 1000;
}
