/**
 * Series and answers as short texts, for tests of the engine.
 *
 * A script has one series a line: `name{label="x"} 1 2 _ stale 5+10x3`, one sample a step, `_` for
 * none, `a+bxn` for a, a+b, ... n more times. Answers come as one line a series, in the same form.
 */
import { Engine, type EngineOptions } from '@mon/server/promql/engine';
import { parse } from '@mon/server/promql/parser/parse';
import type { QueryOutcome, QueryResult } from '@mon/server/promql/query-result';
import { durationMs } from '@mon/storage/model/duration';
import { formatLabels, type Labels, labelsFromPairs } from '@mon/storage/model/labels';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { MemoryQueryable } from '@mon/storage/model/memory-queryable';
import { bitsOf, setStaleAt } from '@mon/storage/model/sample';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';

/** Milliseconds of `5m`, `90s`, `1m30s`. */
export function ms(text: string): number {
  const value = durationMs(text);
  if (value === undefined) throw new Error(`${text} is no duration`);
  return value;
}

/** Adds the series of a script, one sample every `step` from the epoch on. */
export function addSeries(memory: MemoryQueryable, step: string, script: string): void {
  for (const line of script.split('\n')) {
    if (line.trim() === '') continue;
    const [, selector = '', rest = ''] = /^\s*((?:[^\s{]*\{.*\})|\S+)\s+(.*)$/.exec(line) ?? [];
    const timestampsMs: number[] = [];
    const values: number[] = [];
    const stale: number[] = [];
    for (const [i, item] of rest.trim().split(/\s+/).flatMap(expand).entries()) {
      if (item === '_') continue;
      if (item === 'stale') stale.push(values.length);
      timestampsMs.push(i * ms(step));
      values.push(item === 'stale' ? 0 : Number(item.replace('Inf', 'Infinity')));
    }
    const column = Float64Array.from(values);
    for (const i of stale) setStaleAt(bitsOf(column), i);
    memory.add(DEFAULT_TENANT, {
      labels: [labelsOf(selector)],
      sampleOffsets: Uint32Array.of(0, values.length),
      timestampsMs: Float64Array.from(timestampsMs),
      values: column,
    });
  }
}

function expand(item: string): string[] {
  const match = /^(-?[\d.]+)([+-][\d.]+)x(\d+)$/.exec(item);
  if (match === null) return [item];
  const [, first, delta, times] = match;
  return Array.from(
    { length: Number(times) + 1 },
    (_, i) => `${Number(first) + i * Number(delta)}`,
  );
}

function labelsOf(selector: string): Labels {
  const expr = parse(selector);
  if (expr.kind !== 'vector-selector') throw new Error(`${selector} is no selector`);
  return labelsFromPairs(expr.matchers.map(({ name, value }) => [name, value]));
}

/** An engine over the series of a script. */
export function engineOver(
  step: string,
  script: string,
  options: Partial<EngineOptions> = {},
): Engine {
  const memory = new MemoryQueryable(2);
  addSeries(memory, step, script);
  return new Engine({ queryable: memory, clock: new ManualClock(), ...options });
}

/** The answer of an instant query, a line a series. */
export async function ask(engine: Engine, query: string, at = '0s'): Promise<string[]> {
  const outcome = await engine.instant({ tenant: DEFAULT_TENANT, query, timeMs: ms(at) });
  return linesOf(outcome.result);
}

/** The answer of a range query `start end step`, a line a series, `_` where there is no value. */
export async function askRange(engine: Engine, query: string, range: string): Promise<string[]> {
  return linesOf((await outcomeOfRange(engine, query, range)).result);
}

export function outcomeOfRange(
  engine: Engine,
  query: string,
  range: string,
): Promise<QueryOutcome> {
  const [startMs = 0, endMs = 0, stepMs = 0] = range.split(' ').map(ms);
  return engine.range({ tenant: DEFAULT_TENANT, query, startMs, endMs, stepMs });
}

function linesOf(result: QueryResult): string[] {
  switch (result.kind) {
    case 'scalar':
    case 'string':
      return [String(result.value)];
    case 'vector':
      return result.labels.map((labels, i) => `${formatLabels(labels)} ${result.values[i]}`);
    case 'raw-matrix':
      return result.labels.map((labels, i) => {
        const times = result.timestampsMs[i] as Float64Array;
        const points = Array.from(times, (t, k) => `${result.values[i]?.[k]}@${t / 1000}`);
        return `${formatLabels(labels)} ${points.join(' ')}`;
      });
    case 'matrix':
      return result.labels.map((labels, i) => {
        const { steps, values, presence } = result;
        const cells = Array.from({ length: steps }, (_, step) =>
          presence[i * steps + step] === 1 ? String(values[i * steps + step]) : '_',
        );
        return `${formatLabels(labels)} ${cells.join(' ')}`;
      });
  }
}
