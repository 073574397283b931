import { resolveDurations } from '@mon/server/promql/parser/duration';
import { parse } from '@mon/server/promql/parser/parse';
import { printExpr } from '@mon/server/promql/parser/print';
import t from 'tap';

const times = { stepMs: 15_000, rangeMs: 3_600_000 };

t.test('resolveDurations() puts the times of the query in', async (t) => {
  const forms: [string, string][] = [
    ['foo[step() * 2]', 'foo[30s]'],
    ['foo[range() / 2] offset -step()', 'foo[30m] offset -15s'],
    ['rate(foo[5m + step() % 10])', 'rate(foo[5m5s])'],
    ['1 + abs(foo offset (step() ^ 2 - 5))', '1 + abs(foo offset 3m40s)'],
  ];
  for (const [text, printed] of forms) {
    t.equal(printExpr(resolveDurations(parse(text), times)), printed, text);
  }
  const subquery = 'foo[max_of(step(), 1m):min_of(step(), 1m)] offset range()';
  t.equal(printExpr(resolveDurations(parse(subquery), times)), 'foo[1m:15s] offset 1h');
});

t.test('resolveDurations() leaves a query without such expressions as it is', async (t) => {
  const text = '-sum by (a) (rate(foo[5m])) + (topk(3, bar offset 1m)) > 2';
  t.equal(printExpr(resolveDurations(parse(text), times)), printExpr(parse(text)));
});

t.test('resolveDurations() fails where a range is not positive', async (t) => {
  const instant = { stepMs: 0, rangeMs: 0 };
  t.throws(() => resolveDurations(parse('foo[step()]'), instant), {
    code: 'bad-query',
    why: 'duration must be greater than 0',
  });
  t.throws(() => resolveDurations(parse('foo[5m / step()]'), instant), {
    code: 'bad-query',
    why: 'duration is NaN or infinite',
  });
});
