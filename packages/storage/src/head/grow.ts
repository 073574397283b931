/**
 * Growth of typed columns: doubling, so that appending one by one costs O(1) each.
 */

/** The column itself if it has `length` entries, else a copy with at least so many. */
export function grownU32(
  column: Uint32Array<ArrayBuffer>,
  length: number,
): Uint32Array<ArrayBuffer> {
  if (length <= column.length) return column;
  const longer = new Uint32Array(Math.max(length, column.length * 2));
  longer.set(column);
  return longer;
}
