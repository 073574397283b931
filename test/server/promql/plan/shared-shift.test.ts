import type { AtModifier } from '@mon/server/promql/parser/ast';
import { parse } from '@mon/server/promql/parser/parse';
import { sharedShift } from '@mon/server/promql/plan/shared-shift';
import t from 'tap';

/** Of a query from 0 s to 100 s. */
function pinnedMs(at: AtModifier): number {
  if (at.kind === 'time') return at.timeMs;
  return at.kind === 'start' ? 0 : 100_000;
}

const none = { offsetMs: 0, at: undefined };

t.test('sharedShift() is the shift of all selectors where they have one', async (t) => {
  const shiftOf = (text: string) => sharedShift(parse(text), pinnedMs);
  t.same(shiftOf('foo'), none);
  t.same(shiftOf('foo offset 5m'), { offsetMs: 300_000, at: undefined });
  t.same(shiftOf('rate(foo[5m] @ 7)'), { offsetMs: 0, at: { kind: 'time', timeMs: 7000 } });
  t.same(shiftOf('foo offset 1m + sum(bar offset 1m) * 2').offsetMs, 60_000);
  // The same moment written in two ways.
  t.same(shiftOf('foo @ end() + bar @ 100'), { offsetMs: 0, at: { kind: 'end' } });
  t.same(shiftOf('foo offset 1m + bar'), none);
  t.same(shiftOf('foo offset 1m + vector(1)'), none);
  t.same(shiftOf('vector(1)'), none);
});

t.test('sharedShift() adds up the offsets of subqueries until one is pinned', async (t) => {
  const shiftOf = (text: string) => sharedShift(parse(text), pinnedMs);
  t.same(shiftOf('max_over_time((foo offset 1m)[5m:] offset 2m)').offsetMs, 180_000);
  t.same(shiftOf('max_over_time((foo offset 1m)[5m:] @ 50)'), {
    offsetMs: 60_000,
    at: { kind: 'time', timeMs: 50_000 },
  });
  t.same(shiftOf('max_over_time((foo @ 10)[5m:] offset 2m)'), {
    offsetMs: 0,
    at: { kind: 'time', timeMs: 10_000 },
  });
  // What info adds to is looked at, its matchers are not.
  t.same(shiftOf('info(foo offset 1m, {x="y"})').offsetMs, 60_000);
});
