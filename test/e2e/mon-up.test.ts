/**
 * `mon up` on this host, as a new user runs it.
 */
import t from 'tap';
import { eventually, instant, startMon } from './started-mon.ts';

t.test('mon up shows this host within moments and stops cleanly', async (t) => {
  const mon = await startMon({ args: ['up', '--no-top'] });
  t.teardown(() => mon.remove());
  await eventually('the counters of the cores', async () => {
    const idle = await instant(mon.url, 'node_cpu_seconds_total{mode="idle"}');
    return idle.length > 0 ? true : undefined;
  });
  for (const name of ['node_memory_MemTotal_bytes', 'node_load1', 'node_uname_info']) {
    await eventually(name, async () => {
      const series = await instant(mon.url, name);
      return series.length === 1 ? true : undefined;
    });
  }
  t.equal(await mon.stop('SIGINT'), 0, 'exit code after SIGINT');
});
