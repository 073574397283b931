/**
 * One range function with its arguments, applied series by series.
 */
import { type Labels, labelValue, METRIC_NAME } from '@mon/storage/model/labels';
import { type SeriesMatrix, type StepGrid, stepTimeMs } from '../batch.ts';
import type { RangeFunction, RangeNote, RangeWindows } from '../functions/range-function.ts';
import { rangeFunction } from '../functions/range-functions.ts';
import {
  badIntegralStrategyText,
  badQuantileText,
  isCounterName,
  notACounterText,
} from '../functions/remark-texts.ts';
import type { RangeCallPlan } from '../plan/plan.ts';
import type { Remarks } from '../remarks.ts';
import type { QueryRun } from './query-run.ts';
import { stepParts, type WindowTable, windowTable } from './window-table.ts';
import type { ReferenceTimes } from './windows.ts';

/** Range functions that give samples of the series as they are, under its own name. */
const KEEPS_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

/** The samples of one series, and which of them each step looks at. */
export interface SeriesWindows {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly table: WindowTable;
}

export class SeriesRangeCall {
  readonly #plan: RangeCallPlan;
  readonly #function: RangeFunction;
  readonly #args: readonly Float64Array[];
  readonly #remarks: Remarks;
  readonly #windowEndMs: Float64Array;
  readonly #stepTimesMs: Float64Array;
  readonly #dropsName: number;

  /** @param args [steps] each, the scalar arguments in their order */
  constructor(plan: RangeCallPlan, args: readonly Float64Array[], remarks: Remarks) {
    this.#plan = plan;
    this.#function = rangeFunction(plan.func);
    this.#args = args;
    this.#remarks = remarks;
    this.#windowEndMs = momentsOf(plan.source.reference);
    this.#stepTimesMs = stepTimesOf(plan.grid);
    this.#dropsName = KEEPS_NAME.has(plan.func) ? 0 : 1;
  }

  /** The windows of a timestamp column. */
  tableOf(timestampsMs: Float64Array): WindowTable {
    const { reference, rangeMs } = this.#plan.source;
    return windowTable(timestampsMs, reference, rangeMs);
  }

  /** Writes one row of `rows`. */
  evaluate(series: SeriesWindows, rows: SeriesMatrix, row: number): void {
    const { steps } = rows;
    const windows: RangeWindows = {
      timestampsMs: series.timestampsMs,
      values: series.values,
      windows: series.table.windows,
      derived: series.table.derived,
      windowEndMs: this.#windowEndMs,
      steps,
      rangeMs: this.#plan.source.rangeMs,
      args: this.#args,
      stepTimesMs: this.#stepTimesMs,
      note: (note) => this.#remark(note, series.labels),
    };
    const from = row * steps;
    const to = from + steps;
    this.#function(windows, rows.values.subarray(from, to), rows.presence.subarray(from, to));
    rows.dropName[row] = this.#dropsName;
  }

  /** As `evaluate`, for windows so long that the event loop gets a turn between groups of steps. */
  async evaluateInParts(
    series: SeriesWindows,
    { rows, row }: { readonly rows: SeriesMatrix; readonly row: number },
    run: QueryRun,
  ): Promise<void> {
    const { windows } = series.table;
    const { steps } = rows;
    for (const { from, to } of stepParts(windows)) {
      const part: RangeWindows = {
        timestampsMs: series.timestampsMs,
        values: series.values,
        windows: windows.subarray(2 * from, 2 * to),
        derived: {},
        windowEndMs: this.#windowEndMs.subarray(from, to),
        steps: to - from,
        rangeMs: this.#plan.source.rangeMs,
        args: this.#args.map((arg) => arg.subarray(from, to)),
        stepTimesMs: this.#stepTimesMs.subarray(from, to),
        note: (note) => this.#remark(note, series.labels),
      };
      const [start, end] = [row * steps + from, row * steps + to];
      this.#function(part, rows.values.subarray(start, end), rows.presence.subarray(start, end));
      if (run.isBreathDue()) await run.breathe();
    }
    rows.dropName[row] = this.#dropsName;
  }

  #remark(note: RangeNote, labels: Labels): void {
    const { argSpans, span } = this.#plan;
    switch (note.kind) {
      case 'counter-expected': {
        const name = labelValue(labels, METRIC_NAME);
        if (!isCounterName(name)) this.#remarks.inform(notACounterText(name), argSpans[0] ?? span);
        return;
      }
      case 'bad-quantile':
        this.#remarks.warn(badQuantileText(note.quantile), argSpans[0] ?? span);
        return;
      case 'bad-integral-strategy':
        this.#remarks.warn(badIntegralStrategyText(note.strategy), argSpans[1] ?? span);
    }
  }
}

function momentsOf({ startMs, stepMs, steps }: ReferenceTimes): Float64Array {
  return Float64Array.from({ length: steps }, (_, step) => startMs + step * stepMs);
}

function stepTimesOf(grid: StepGrid): Float64Array {
  return Float64Array.from({ length: grid.steps }, (_, step) => stepTimeMs(grid, step));
}
