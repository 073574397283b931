import { parse } from '@mon/server/promql/parser/parse';
import { printExpr } from '@mon/server/promql/parser/print';
import { resolveQueryTimes } from '@mon/server/promql/parser/query-times';
import t from 'tap';

const times = { startMs: 1_000_500, endMs: 4_600_500, stepMs: 15_000 };

t.test('resolveQueryTimes() puts the times of the query in', async (t) => {
  const forms: [string, string][] = [
    ['foo[step() * 2]', 'foo[30s]'],
    ['foo[range() / 2] offset -step()', 'foo[30m] offset -15s'],
    ['rate(foo[5m + step() % 10])', 'rate(foo[5m5s])'],
    ['vector(start()) + end() - range() / step()', 'vector(1000.5) + 4600.5 - 3600 / 15'],
    ['1 + abs(foo offset (step() ^ 2 - 5))', '1 + abs(foo offset 3m40s)'],
  ];
  for (const [text, printed] of forms) {
    t.equal(printExpr(resolveQueryTimes(parse(text), times)), printed, text);
  }
  const subquery = 'foo[max_of(step(), 1m):min_of(step(), 1m)] offset range()';
  t.equal(printExpr(resolveQueryTimes(parse(subquery), times)), 'foo[1m:15s] offset 1h');
});

t.test('resolveQueryTimes() leaves a query without such expressions as it is', async (t) => {
  const text = '-sum by (a) (rate(foo[5m])) + (topk(3, bar offset 1m)) > 2';
  t.equal(printExpr(resolveQueryTimes(parse(text), times)), printExpr(parse(text)));
});

t.test('resolveQueryTimes() fails where a range is not positive', async (t) => {
  const instant = { startMs: 5000, endMs: 5000, stepMs: 15_000 };
  t.throws(() => resolveQueryTimes(parse('foo[step()]'), instant), {
    code: 'bad-query',
    why: 'duration must be greater than 0',
  });
  t.throws(() => resolveQueryTimes(parse('foo[5m / step()]'), instant), {
    code: 'bad-query',
    why: 'duration is NaN or infinite',
  });
});

t.test('resolveQueryTimes() gives no step to an instant query', async (t) => {
  const instant = { startMs: 5000, endMs: 5000, stepMs: 15_000 };
  t.equal(printExpr(resolveQueryTimes(parse('step() + range() + end()'), instant)), '0 + 0 + 5');
});
