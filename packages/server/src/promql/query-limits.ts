/**
 * What one query may use. Reaching a limit ends the query with an error that names the limit.
 */

export interface QueryLimits {
  /** Samples read from storage, and values held between operators, each. */
  readonly samplesMax: number;
  /** Series read from storage. */
  readonly seriesMax: number;
  /** Points of one series in a range query. */
  readonly stepsMax: number;
  /** Points of one series inside a subquery. */
  readonly subqueryStepsMax: number;
  readonly timeoutMs: number;
}

export const DEFAULT_QUERY_LIMITS: QueryLimits = {
  samplesMax: 50_000_000,
  seriesMax: 1_000_000,
  stepsMax: 11_000,
  subqueryStepsMax: 1_000_000,
  timeoutMs: 120_000,
};
