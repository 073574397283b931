/**
 * CSV after RFC 4180, lines ended by a newline alone, as Unix tools expect.
 */

export function formatCsv(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, ...rows].map((row) => `${row.map(formatField).join(',')}\n`).join('');
}

function formatField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
