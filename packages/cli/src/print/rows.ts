/**
 * One list of rows in each form that `-o` names. Columns are described once.
 *
 * JSON, YAML and CSV carry exact values under stable keys; only the table rounds and abbreviates.
 */
import { stringify } from 'yaml';
import { formatCsv } from './csv.ts';
import { formatTable } from './table.ts';

export const OUTPUTS = ['table', 'json', 'yaml', 'csv'] as const;
export type Output = (typeof OUTPUTS)[number];

/** What a cell holds; undefined where the row has no such value. */
export type Cell = string | number | boolean | readonly string[] | CellMap | undefined;
/** Labels and the like; JSON and YAML keep it a map. */
export interface CellMap {
  readonly [name: string]: string;
}

export interface Column<Row> {
  /** Key in JSON and YAML, title in CSV and, with spaces, in the table: snake_case. */
  readonly key: string;
  /** The table's title, where it is not the key. */
  readonly title?: string;
  readonly value: (row: Row) => Cell;
  /** The cell in the table, where it is not the value itself. */
  readonly text?: (row: Row) => string;
  readonly align?: 'left' | 'right';
}

/** @param tableWidthMax what a terminal shows in a line; a table is folded to fit */
export function formatRows<Row>(
  output: Output,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  tableWidthMax?: number,
): string {
  switch (output) {
    case 'table':
      return formatTable(
        columns.map(({ key, title, align }) => ({
          title: title ?? key.replaceAll('_', ' '),
          align: align ?? 'left',
        })),
        rows.map((row) => columns.map(({ value, text }) => text?.(row) ?? cellText(value(row)))),
        tableWidthMax,
      );
    case 'csv':
      return formatCsv(
        columns.map(({ key }) => key),
        rows.map((row) => columns.map(({ value }) => cellText(value(row)))),
      );
    case 'json':
    case 'yaml':
      return formatDocument(
        output,
        rows.map((row) => Object.fromEntries(columns.map(({ key, value }) => [key, value(row)]))),
      );
  }
}

/** Any value as a JSON or YAML document. */
export function formatDocument(output: 'json' | 'yaml', document: unknown): string {
  if (output === 'json') return `${JSON.stringify(document, undefined, 2)}\n`;
  return stringify(document, { lineWidth: 0 });
}

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (isList(cell)) return cell.join(', ');
  if (typeof cell === 'object') {
    return Object.entries(cell)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ');
  }
  return String(cell);
}

function isList(cell: Cell): cell is readonly string[] {
  return Array.isArray(cell);
}
