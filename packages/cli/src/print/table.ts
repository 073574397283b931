/**
 * A table for people: columns as wide as their widest cell, two spaces apart, headers in capitals.
 */
import { fitWidths, foldText } from './fold.ts';
import { displayWidth, padEnd, padStart, visible } from './width.ts';

export interface TableColumn {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly align: 'left' | 'right';
}

const GAP = '  ';

/**
 * Lines of the table, each ended by a newline.
 *
 * @param widthMax what a terminal shows in a line; columns of text are folded to fit
 */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  widthMax: number = Number.POSITIVE_INFINITY,
): string {
  const cells = rows.map((row) => row.map(visible));
  const natural = columns.map(({ title }, i) =>
    cells.reduce(
      (widest, row) => Math.max(widest, displayWidth(row[i] ?? '')),
      displayWidth(title),
    ),
  );
  const widths = fitWidths(natural, {
    canFold: columns.map(({ align }) => align === 'left'),
    widthMax: widthMax - GAP.length * (columns.length - 1),
  });
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const width = widths[i] ?? 0;
        return align === 'right' ? padStart(row[i] ?? '', width) : padEnd(row[i] ?? '', width);
      })
      .join(GAP)
      .trimEnd();
  const folded = (row: readonly string[]): string[] => {
    const parts = row.map((cell, i) => foldText(cell, widths[i] ?? 0));
    const height = Math.max(1, ...parts.map(({ length }) => length));
    return Array.from({ length: height }, (_, k) => line(parts.map((part) => part[k] ?? '')));
  };
  const header = folded(columns.map(({ title }) => title.toUpperCase()));
  return `${[...header, ...cells.flatMap(folded)].join('\n')}\n`;
}
