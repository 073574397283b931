/**
 * What stands between an operator and its operands: label lists, `bool`, `on`, `ignoring`,
 * `group_left`, `group_right`, `fill`.
 */
import type { VectorMatching } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { readNumber } from './number.ts';
import { quote, unquote } from './quote.ts';
import { isGroupingLabel, type TokenKind } from './token.ts';

const CONTEXT = 'grouping opts';

/** `by (a, b)` or `without (a, b)`, or undefined where neither follows. */
export function parseGrouping(
  cursor: Cursor,
): { readonly without: boolean; readonly grouping: readonly string[] } | undefined {
  const keyword = cursor.accept('by') ?? cursor.accept('without');
  if (keyword === undefined) return undefined;
  return { without: keyword.kind === 'without', grouping: parseLabelList(cursor) };
}

/** `(a, "b.c", d)`, a comma at the end allowed. */
function parseLabelList(cursor: Cursor): string[] {
  if (cursor.accept('(') === undefined) cursor.unexpected(CONTEXT, '"("');
  const labels: string[] = [];
  if (cursor.accept(')') !== undefined) return labels;
  for (;;) {
    labels.push(parseLabel(cursor));
    if (cursor.accept(')') !== undefined) return labels;
    if (cursor.accept(',') === undefined) cursor.unexpected(CONTEXT, '"," or ")"');
    if (cursor.accept(')') !== undefined) return labels;
  }
}

function parseLabel(cursor: Cursor): string {
  const token = cursor.current;
  if (token.kind === 'string') {
    cursor.advance();
    const name = unquote(token.text);
    if (name === '') cursor.fail(token, `invalid label name for grouping: ${quote(name)}`);
    return name;
  }
  if (!isGroupingLabel(token.kind)) cursor.unexpected(CONTEXT, 'label');
  return cursor.advance().text;
}

export interface BinaryModifiers {
  readonly returnBool: boolean;
  readonly matching: VectorMatching;
}

/** Everything between a binary operator and its right operand, in its fixed order. */
export function parseBinaryModifiers(cursor: Cursor): BinaryModifiers {
  const returnBool = cursor.accept('bool') !== undefined;
  const keyword = cursor.accept('on') ?? cursor.accept('ignoring');
  const labels = keyword === undefined ? [] : parseLabelList(cursor);
  let cardinality: VectorMatching['cardinality'] = 'one-to-one';
  let include: readonly string[] = [];
  if (keyword !== undefined) {
    const group = cursor.accept('group_left') ?? cursor.accept('group_right');
    if (group !== undefined) {
      cardinality = group.kind === 'group_left' ? 'many-to-one' : 'one-to-many';
      if (cursor.current.kind === '(') include = parseLabelList(cursor);
    }
  }
  const fill = parseFill(cursor);
  return {
    returnBool,
    matching: { cardinality, on: keyword?.kind === 'on', labels, include, ...fill },
  };
}

function parseFill(cursor: Cursor): Pick<VectorMatching, 'fillLeft' | 'fillRight'> {
  if (cursor.accept('fill') !== undefined) {
    const value = parseFillValue(cursor);
    return { fillLeft: value, fillRight: value };
  }
  const first = fillOf(cursor, 'fill_left');
  const fillRight = fillOf(cursor, 'fill_right');
  return { fillLeft: first ?? fillOf(cursor, 'fill_left'), fillRight };
}

function fillOf(cursor: Cursor, kind: TokenKind): number | undefined {
  return cursor.accept(kind) === undefined ? undefined : parseFillValue(cursor);
}

function parseFillValue(cursor: Cursor): number {
  if (cursor.accept('(') === undefined) cursor.unexpected();
  const sign = cursor.accept('-') ?? cursor.accept('+');
  const { kind } = cursor.current;
  if (kind !== 'number' && kind !== 'duration') cursor.unexpected();
  const { value } = readNumber(cursor, cursor.advance());
  if (cursor.accept(')') === undefined) cursor.unexpected();
  return sign?.kind === '-' ? -value : value;
}
