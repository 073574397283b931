/**
 * Fits a table into a terminal: wide columns of text get narrower, and their cells several lines.
 */
import { displayWidth } from './width.ts';

/** No column of text is made narrower than this. */
const FOLDED_WIDTH_MIN = 14;

/**
 * Column widths that fit into `widthMax` together, or come as near as they can: the widest foldable
 * column gives way first.
 *
 * @param widths natural widths; left as they are
 */
export function fitWidths(
  widths: readonly number[],
  { canFold, widthMax }: { readonly canFold: readonly boolean[]; readonly widthMax: number },
): number[] {
  const fitted = [...widths];
  let excess = widths.reduce((sum, width) => sum + width, 0) - widthMax;
  for (; excess > 0; excess--) {
    let widest = -1;
    fitted.forEach((width, i) => {
      const gives = canFold[i] === true && width > FOLDED_WIDTH_MIN;
      if (gives && width > (fitted[widest] ?? 0)) widest = i;
    });
    if (widest < 0) break;
    fitted[widest] = (fitted[widest] as number) - 1;
  }
  return fitted;
}

/** The text in lines of at most `width` columns, broken at spaces where there are some. */
export function foldText(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const { segment } of graphemes.segment(word)) {
      if (displayWidth(line + segment) > width) {
        lines.push(line);
        line = '';
      }
      line += segment;
    }
  }
  return [...lines, line];
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
