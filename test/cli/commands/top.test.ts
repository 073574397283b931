import t from 'tap';
import { runMon } from '../run-mon.ts';

t.test('mon top without a terminal names mon query', async (t) => {
  const { code, stdout, stderr } = await runMon(['top']);
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /^Error: .*not a terminal\. Try this: Use `mon query`/);
});

t.test('mon top refuses an interval that would flood the server', async (t) => {
  const { code, stderr } = await runMon(['top', '--interval', '10ms']);
  t.equal(code, 1);
  t.match(stderr, /shorter than 200 ms/);
});
