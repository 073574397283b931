/**
 * A query that the server could not parse, shown with the place it means.
 */
import { MonError } from '@mon/storage/model/error';

/** `line:column` at the head of a parse error. */
const POSITION = /^(\d+):(\d+)$/;
/** Indent of the quoted expression under the error. */
const INDENT = '  ';

/** The error with the expression and carets under it, where it is about a place in `query`. */
export async function withCaret(thrown: unknown, query: string): Promise<unknown> {
  if (!(thrown instanceof MonError) || thrown.code !== 'bad-query') return thrown;
  const position = POSITION.exec(thrown.what);
  if (position === null) return thrown;
  const carets = await caretsOf(query, Number(position[1]), Number(position[2]));
  const why = thrown.why.replace(/^parse error: /, '');
  return new MonError({
    code: thrown.code,
    what: 'Cannot evaluate the expression',
    why: `${why}\n${INDENT}${carets.replaceAll('\n', `\n${INDENT}`)}`,
    mend: thrown.mend,
    cause: thrown,
  });
}

/** Loaded only here: a query that succeeds needs no parser. */
async function caretsOf(query: string, line: number, column: number): Promise<string> {
  const { caretLine } = await import('@mon/server/promql/parser/syntax-error');
  const start = offsetOf(query, line, column);
  const end = (await spanEnd(query, start)) ?? start + 1;
  return caretLine(query, { start, end });
}

/** Where our own parser sees the fault end, if it sees it begin at `start` too. */
async function spanEnd(query: string, start: number): Promise<number | undefined> {
  const { parse } = await import('@mon/server/promql/parser/parse');
  const { PromqlSyntaxError } = await import('@mon/server/promql/parser/syntax-error');
  try {
    parse(query);
  } catch (thrown) {
    if (thrown instanceof PromqlSyntaxError && thrown.span.start === start) return thrown.span.end;
  }
  return undefined;
}

function offsetOf(text: string, line: number, column: number): number {
  const before = text.split('\n').slice(0, line - 1);
  const lineStart = before.reduce((sum, one) => sum + one.length + 1, 0);
  return Math.min(text.length, lineStart + column - 1);
}
