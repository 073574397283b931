/**
 * POST /api/v1/admin/jobs/<job>: run compaction or retention now. GET /api/v1/status/jobs.
 */
import { type Route, success } from '../http/route.ts';
import type { JobName, JobQueue } from '../jobs/job-queue.ts';

export function jobRoutes(jobs: JobQueue): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/admin/jobs/:job',
      // The answer comes when the job has ended; a client that hangs up stops it.
      handle: async (request) =>
        success(await jobs.run(request.param('job') as JobName, request.signal)),
    },
    { method: 'GET', path: '/api/v1/status/jobs', handle: () => success(jobs.status()) },
  ];
}
