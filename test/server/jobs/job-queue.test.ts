import { hourlyAt } from '@mon/server/jobs/cron-expression';
import { type Job, JobQueue } from '@mon/server/jobs/job-queue';
import { MetricRegistry } from '@mon/server/metrics/registry';
import type { JobReport } from '@mon/storage/database-options';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
import { MonError } from '@mon/storage/model/error';
import { pino } from 'pino';
import t, { type Test } from 'tap';

const NEVER = new AbortController().signal;

function report(job: JobReport['job']): JobReport {
  return { job, blocksBefore: 2, blocksAfter: 1, bytesBefore: 9, bytesAfter: 5, elapsedMs: 1 };
}

function queue(t: Test, jobs: Partial<Record<JobReport['job'], Partial<Job>>>) {
  const registry = new MetricRegistry();
  const full = (['compact', 'retention'] as const).map(
    (name): Job => ({ name, schedule: 'off', run: async () => report(name), ...jobs[name] }),
  );
  const log = pino({ level: 'silent' });
  const made = new JobQueue({ jobs: full, clock: SYSTEM_CLOCK, log, registry });
  t.teardown(() => made.close());
  return { queue: made, registry };
}

t.test('JobQueue.run() runs one job at a time and remembers how it ended', async (t) => {
  const order: string[] = [];
  let running = 0;
  const slowly = (name: JobReport['job']) => async () => {
    t.equal(++running, 1);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    order.push(name);
    return report(name);
  };
  const { queue: jobs, registry } = queue(t, {
    compact: { run: slowly('compact') },
    retention: { run: slowly('retention') },
  });
  await Promise.all([
    jobs.run('compact', NEVER),
    jobs.run('retention', NEVER),
    jobs.run('compact', NEVER),
  ]);
  t.same(order, ['compact', 'retention', 'compact']);
  t.match(jobs.status(), [
    { job: 'compact', running: false, lastRun: { outcome: 'done', report: { blocksAfter: 1 } } },
    { job: 'retention', schedule: 'off', nextRun: null },
  ]);
  t.match(registry.exposition(), 'mon_job_runs_total{job="compact",outcome="done"} 2');
});

t.test('JobQueue.run() passes a failure on and goes on with the next', async (t) => {
  const fault = new MonError({ code: 'disk-full', what: 'w', why: 'y', mend: 'm' });
  const { queue: jobs, registry } = queue(t, { compact: { run: () => Promise.reject(fault) } });
  await t.rejects(jobs.run('compact', NEVER), { code: 'disk-full' });
  t.match(jobs.status()[0], { lastRun: { outcome: 'failed', error: 'w: y', report: null } });
  t.match(await jobs.run('retention', NEVER), { job: 'retention' });
  t.match(registry.exposition(), 'mon_job_runs_total{job="compact",outcome="failed"} 1');
});

t.test('JobQueue.run() cancels a job whose client hangs up', async (t) => {
  const stop = new AbortController();
  const { queue: jobs } = queue(t, {
    compact: {
      run: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
          stop.abort();
        }),
    },
  });
  await t.rejects(jobs.run('compact', stop.signal), { code: 'job-canceled' });
  t.match(jobs.status()[0], { lastRun: { outcome: 'canceled' } });
});

t.test('JobQueue.close() stops what runs and what waits', async (t) => {
  const { queue: jobs } = queue(t, {
    compact: {
      run: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    },
  });
  const ends = Promise.allSettled([jobs.run('compact', NEVER), jobs.run('retention', NEVER)]);
  await new Promise((resolve) => setImmediate(resolve));
  await jobs.close();
  t.match(await ends, [{ reason: { code: 'job-canceled' } }, { reason: { code: 'job-canceled' } }]);
});

t.test('JobQueue.run() bounds the line', async (t) => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { queue: jobs } = queue(t, {
    compact: {
      run: async () => {
        await gate;
        return report('compact');
      },
    },
  });
  const first = jobs.run('compact', NEVER);
  await new Promise((resolve) => setImmediate(resolve));
  const waiting = Array.from({ length: 8 }, () => jobs.run('retention', NEVER));
  await t.rejects(jobs.run('retention', NEVER), { code: 'job-queue-full' });
  release();
  await Promise.all([first, ...waiting]);
});

t.test('JobQueue.start() runs jobs on their schedule', async (t) => {
  const ran = new Promise<void>((resolve) => {
    const { queue: jobs } = queue(t, {
      compact: {
        schedule: '* * * * * *',
        run: async () => {
          resolve();
          return report('compact');
        },
      },
    });
    jobs.start();
    t.match(jobs.status()[0], { nextRun: /^\d{4}-/ });
  });
  // node-cron's timers do not keep a process alive by themselves.
  const alive = setInterval(() => undefined, 1000);
  await ran;
  clearInterval(alive);
  t.pass('it ran');
});

t.test('hourlyAt() spreads hosts over the hour', async (t) => {
  const minutes = new Set(
    Array.from({ length: 200 }, (_, i) => hourlyAt(`web-${i}`, 0).split(' ')[0]),
  );
  t.ok(minutes.size > 30, `${minutes.size} different minutes`);
  t.equal(hourlyAt('web-1', 0), hourlyAt('web-1', 0));
  t.match(hourlyAt('web-1', 7), /^\d{1,2} \* \* \* \*$/);
});
