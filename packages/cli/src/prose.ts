/**
 * Long texts in the source, broken where the source is; shown, broken where the terminal is.
 */

/** The text with its line breaks as spaces; an empty line still ends a paragraph. */
export function prose(text: string): string {
  return text.trim().replace(/(?<!\n)\n(?!\n)/g, ' ');
}
