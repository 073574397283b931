/**
 * A list of named facts in each form that `-o` names: one thing with many properties, where rows
 * would be one row too wide.
 */
import { formatCsv } from './csv.ts';
import { formatDocument, type Output } from './rows.ts';
import { padEnd, visible } from './width.ts';

export interface Fact {
  /** snake_case; in the table with spaces, unless `label` stands there. */
  readonly key: string;
  readonly label?: string;
  /** Exact, for JSON, YAML and CSV. */
  readonly value: string | number | boolean;
  /** For people, where it is not the value itself. */
  readonly text?: string;
}

export function formatFacts(output: Output, facts: readonly Fact[]): string {
  switch (output) {
    case 'table': {
      const labels = facts.map(({ key, label }) => label ?? key.replaceAll('_', ' '));
      const width = labels.reduce((most, label) => Math.max(most, label.length), 0);
      return facts
        .map(({ value, text }, i) => {
          return `${padEnd(labels[i] ?? '', width)}  ${visible(text ?? String(value))}\n`;
        })
        .join('');
    }
    case 'csv':
      return formatCsv(
        ['key', 'value'],
        facts.map(({ key, value }) => [key, String(value)]),
      );
    case 'json':
    case 'yaml':
      return formatDocument(
        output,
        Object.fromEntries(facts.map(({ key, value }) => [key, value])),
      );
  }
}
