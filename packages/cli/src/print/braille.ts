/**
 * A canvas of braille dots: each terminal cell is 2 dots wide and 4 high.
 *
 * A cell has one colour, that of the series drawn into it last. Source: Unicode 2800-28FF, where
 * bit k of the offset is dot k+1: dots 1-3 and 7 the left column, 4-6 and 8 the right one.
 */

const BLANK = 0x2800;
/** Bit of the dot at (x, y) in a cell, as [x][y]. */
const DOT_BITS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const NO_OWNER = -1;

export interface DotPosition {
  readonly x: number;
  readonly y: number;
}

export class BrailleCanvas {
  readonly columns: number;
  readonly rows: number;
  readonly #bits: Uint8Array;
  readonly #owners: Int16Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.#bits = new Uint8Array(columns * rows);
    this.#owners = new Int16Array(columns * rows).fill(NO_OWNER);
  }

  get dotColumns(): number {
    return this.columns * 2;
  }

  get dotRows(): number {
    return this.rows * 4;
  }

  /** Sets one dot; positions outside the canvas are left out. */
  dot({ x, y }: DotPosition, owner: number): void {
    if (x < 0 || y < 0 || x >= this.dotColumns || y >= this.dotRows) return;
    const cell = (y >> 2) * this.columns + (x >> 1);
    this.#bits[cell] = (this.#bits[cell] as number) | (DOT_BITS[x & 1]?.[y & 3] as number);
    this.#owners[cell] = owner;
  }

  /** A straight line between two dots, both included (Bresenham). */
  line(from: DotPosition, to: DotPosition, owner: number): void {
    const dx = Math.abs(to.x - from.x);
    const dy = -Math.abs(to.y - from.y);
    const stepX = from.x < to.x ? 1 : -1;
    const stepY = from.y < to.y ? 1 : -1;
    let { x, y } = from;
    let error = dx + dy;
    for (;;) {
      this.dot({ x, y }, owner);
      if (x === to.x && y === to.y) return;
      const twice = 2 * error;
      if (twice >= dy) {
        error += dy;
        x += stepX;
      }
      if (twice <= dx) {
        error += dx;
        y += stepY;
      }
    }
  }

  /** The cell's character: a space where no dot is set. */
  character(column: number, row: number): string {
    const bits = this.#bits[row * this.columns + column] as number;
    return bits === 0 ? ' ' : String.fromCharCode(BLANK + bits);
  }

  /** Who drew into the cell last, or -1. */
  owner(column: number, row: number): number {
    return this.#owners[row * this.columns + column] as number;
  }
}
