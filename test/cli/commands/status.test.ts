import t from 'tap';
import { startFakeApi, success } from '../fake-api.ts';
import { runMon } from '../run-mon.ts';

t.test('mon status shows version, load, storage, jobs and alerts', async (t) => {
  let readings = 0;
  const api = await startFakeApi({
    'GET /metrics': () => ({
      body: [
        '# TYPE mon_storage_head_series gauge',
        'mon_storage_head_series 1200',
        `mon_storage_samples_appended_total ${readings++ === 0 ? 5_000 : 6_000}`,
        'mon_storage_samples_rejected_total 3',
        'mon_storage_blocks 4',
        'mon_storage_block_bytes 1048576',
        'mon_storage_wal_bytes 512',
        'mon_storage_disk_full 0',
        '',
      ].join('\n'),
    }),
    'GET /api/v1/status/buildinfo': () => success({ monVersion: '9.9.9' }),
    'GET /api/v1/status/runtimeinfo': () =>
      success({
        startTime: '2026-01-01T00:00:00Z',
        serverTime: '2026-01-01T00:01:40Z',
        hostname: 'h1',
        dataDir: '/data',
        storageRetention: '450d',
        shards: 2,
      }),
    'GET /api/v1/status/jobs': () =>
      success([
        {
          job: 'compact',
          schedule: '5 * * * *',
          running: false,
          nextRun: '2026-01-01T01:05:00.000Z',
          lastRun: null,
        },
      ]),
    'GET /api/v1/alerts': () =>
      success({ alerts: [{ state: 'firing' }, { state: 'pending' }, { state: 'firing' }] }),
  });
  t.teardown(() => api.close());
  const { code, stdout, stderr } = await runMon(['status', '-o', 'json', '--server', api.url]);
  t.equal(code, 0, stderr);
  const status = JSON.parse(stdout);
  t.match(status, {
    version: '9.9.9',
    uptime_seconds: 100,
    head_series: 1200,
    samples_per_second_average: 60,
    samples_rejected: 3,
    block_bytes: 1048576,
    disk_full: false,
    alerts_firing: 2,
    alerts_pending: 1,
    job_compact: 'not run yet; schedule 5 * * * *, next 2026-01-01T01:05:00.000Z',
  });
  t.ok(status.samples_per_second > 0 && status.samples_per_second <= 1000);
  const table = await runMon(['status', '--server', api.url]);
  t.match(table.stdout, /^uptime +1m40s$/m);
  t.match(table.stdout, /^block bytes +1 MiB$/m);
});
