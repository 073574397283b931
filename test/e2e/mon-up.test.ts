/**
 * `mon up` on this host, as a new user runs it.
 */
import t from 'tap';
import { eventually, instant, startMon } from './started-mon.ts';

t.test('mon up shows this host within moments and stops cleanly', async (t) => {
  const mon = await startMon({ args: ['up', '--no-top'] });
  t.teardown(() => mon.remove());
  const cpu = await eventually('node_cpu_seconds_total', async () => {
    const series = await instant(mon.url, 'node_cpu_seconds_total');
    return series.length > 0 ? series : undefined;
  });
  t.ok(cpu.some((series) => series.metric['mode'] === 'idle'));
  for (const name of ['node_memory_MemTotal_bytes', 'node_load1', 'node_uname_info']) {
    const series = await instant(mon.url, name);
    t.equal(series.length, 1, name);
  }
  t.equal(await mon.stop('SIGINT'), 0, 'exit code after SIGINT');
});
