/**
 * A syntax tree without positions: what two texts of one meaning have in common.
 */
import type { Expr } from '@mon/server/promql/parser/ast';

export function withoutSpans(expr: Expr): unknown {
  return JSON.parse(
    JSON.stringify(expr, (key, value) => {
      if (key === 'span') return undefined;
      if (key === 'func') return value.name;
      // JSON has neither of these.
      if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) {
        return value;
      }
      return Object.is(value, -0) ? '-0' : String(value);
    }),
  );
}
