/**
 * Exposition text that cannot be read: always with line and column, both from 1, column in bytes.
 */
import { MonError } from '../model/error.ts';

const NEWLINE = 0x0a;
/** Bytes of the faulty line that the message quotes. */
const QUOTED_BYTES_MAX = 120;

/** The error of a body that breaks its format at byte `offset`. */
export function malformedExposition(bytes: Uint8Array, offset: number, why: string): MonError {
  let line = 1;
  let lineStart = 0;
  const stop = Math.min(offset, bytes.length);
  for (let i = 0; i < stop; i++) {
    if (bytes[i] === NEWLINE) {
      line++;
      lineStart = i + 1;
    }
  }
  let lineEnd = bytes.indexOf(NEWLINE, lineStart);
  if (lineEnd < 0) lineEnd = bytes.length;
  const quoted = bytes.subarray(lineStart, Math.min(lineEnd, lineStart + QUOTED_BYTES_MAX));
  const text = JSON.stringify(new TextDecoder().decode(quoted));
  const cut = lineEnd - lineStart > QUOTED_BYTES_MAX ? '...' : '';
  return new MonError({
    code: 'bad-exposition',
    what: `Cannot read line ${line}, column ${stop - lineStart + 1} of the exposition`,
    why: `${why}, in ${text}${cut}`,
    mend: 'Correct what writes this line; nothing of the body was taken.',
  });
}
