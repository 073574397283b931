/**
 * A horizontal bar of a share, in eighths of a terminal column.
 */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** `share` of 0 to 1 as a bar of `width` columns; blank where the share is not known. */
export function bar(share: number | undefined, width: number): string {
  if (share === undefined || Number.isNaN(share)) return ' '.repeat(width);
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = '█'.repeat(eighths >> 3);
  return (full + (EIGHTHS[eighths & 7] ?? '')).padEnd(width);
}
