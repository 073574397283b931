import t from 'tap';
import { failure, startFakeApi, success } from '../fake-api.ts';
import { runMon } from '../run-mon.ts';

const REPORT = {
  job: 'compact',
  blocksBefore: 9,
  blocksAfter: 2,
  bytesBefore: 4096,
  bytesAfter: 2048,
  elapsedMs: 12.3,
};

t.test('mon compact run and mon retention run ask the server and show its report', async (t) => {
  for (const job of ['compact', 'retention']) {
    const api = await startFakeApi({
      [`POST /api/v1/admin/jobs/${job}`]: () => success({ ...REPORT, job }),
    });
    t.teardown(() => api.close());
    const table = await runMon([job, 'run', '--server', api.url]);
    t.equal(table.code, 0);
    t.match(table.stdout, /^job +(compact|retention)\nblocks before +9\nblocks after +2\n/);
    t.match(table.stdout, /^bytes after +2 KiB$/m);
    const json = await runMon([job, 'run', '--server', api.url, '-o', 'json']);
    t.match(JSON.parse(json.stdout), { job, bytes_after: 2048, elapsed_ms: 12 });
  }
});

t.test('mon compact run passes on why the server refuses', async (t) => {
  const api = await startFakeApi({
    'POST /api/v1/admin/jobs/compact': () =>
      failure(503, 'Cannot run compact: 8 runs wait already', {
        code: 'job-queue-full',
        hint: 'Try later.',
      }),
  });
  t.teardown(() => api.close());
  const { code, stderr } = await runMon(['compact', 'run', '--server', api.url]);
  t.equal(code, 1);
  t.equal(stderr, 'Error: Cannot run compact: 8 runs wait already. Try this: Try later.\n');
});

t.test('mon compact run, interrupted, ends with 130', async (t) => {
  let asked: () => void = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const api = await startFakeApi({
    'POST /api/v1/admin/jobs/compact': () => {
      asked();
      return { body: undefined, isSilent: true };
    },
  });
  t.teardown(() => api.close());
  const { code, stderr } = await runMon(['compact', 'run', '--server', api.url], {
    signal: 'SIGINT',
    signalAfter: isAsked,
  });
  t.equal(code, 130);
  t.match(stderr, /^Error: Stopped before the end: .+\n$/);
});

t.test('mon compact run --data-dir works without a server', async (t) => {
  const dir = t.testdir();
  for (const job of ['compact', 'retention']) {
    const { code, stdout, stderr } = await runMon([job, 'run', '--data-dir', dir, '-o', 'json']);
    t.equal(code, 0, stderr);
    t.match(JSON.parse(stdout), { job, blocks_before: 0, blocks_after: 0 });
  }
  const both = await runMon(['compact', 'run', '--data-dir', dir, '--server', 'http://a']);
  t.equal(both.code, 1);
  t.match(both.stderr, /--server/);
});
