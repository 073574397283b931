/**
 * Counters of the agent about itself: added to where things happen, written as samples once a
 * round.
 */
import type { MetricFamily, SampleWriter } from './collector.ts';

interface Count {
  readonly family: MetricFamily;
  readonly labelValues: readonly string[];
  value: number;
}

export class Counters {
  readonly #counts = new Map<string, Count>();

  add(family: MetricFamily, amount: number, labelValues: readonly string[] = []): void {
    const key = `${family.name}\u0000${labelValues.join('\u0000')}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { family, labelValues, value: amount });
    else count.value += amount;
  }

  write(out: SampleWriter): void {
    for (const { family, value, labelValues } of this.#counts.values())
      out.write(family, value, labelValues);
  }
}
