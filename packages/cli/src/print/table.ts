/**
 * A table for people: columns as wide as their widest cell, two spaces apart, headers in capitals.
 */
import { displayWidth, padEnd, padStart, visible } from './width.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align: 'left' | 'right';
}

/** Lines of the table, each ended by a newline. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): string {
  const cells = rows.map((row) => row.map(visible));
  const widths = columns.map(({ title }, i) =>
    cells.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[i] ?? '')),
      displayWidth(title),
    ),
  );
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const width = widths[i] ?? 0;
        return align === 'right' ? padStart(row[i] ?? '', width) : padEnd(row[i] ?? '', width);
      })
      .join('  ')
      .trimEnd();
  const header = line(columns.map(({ title }) => title.toUpperCase()));
  return `${[header, ...cells.map(line)].join('\n')}\n`;
}
