/**
 * What a server answers before its database is open: that it lives, and how far it is.
 */
import type { ReplayProgress } from '@mon/storage/database-options';
import { MonError } from '@mon/storage/model/error';
import { plainText, type Route, success } from '../http/route.ts';
import { createRouter, type Router } from '../http/router.ts';

/** How far the opening is; undefined before replay begins. */
export type OpeningProgress = () => ReplayProgress | undefined;

/** Takes any request: whatever needs the database is told to come again. */
export function openingRouter(progress: OpeningProgress): Router {
  const routes: Route[] = [
    { method: 'GET', path: '/-/healthy', handle: () => plainText(200, 'mon is healthy.\n') },
    {
      method: 'GET',
      path: '/-/ready',
      handle: () => plainText(503, `mon is opening its data: ${share(progress())}.\n`),
    },
    replayRoute(progress),
  ];
  const router = createRouter(routes);
  return (method, path) => {
    if (routes.some((route) => route.path === path)) return router(method, path);
    throw starting(progress());
  };
}

/** GET /api/v1/status/walreplay, as Prometheus has it: numbers of segments. */
export function replayRoute(progress: OpeningProgress): Route {
  return {
    method: 'GET',
    path: '/api/v1/status/walreplay',
    handle: () => {
      const { first, last, done, segments } = progress() ?? NOTHING;
      const current = done === segments ? last : first + done;
      return success({ min: first, max: last, current });
    },
  };
}

const NOTHING: ReplayProgress = { first: 0, last: 0, done: 0, segments: 0 };

function share(progress: ReplayProgress | undefined): string {
  if (progress === undefined) return 'it looks through the data directory';
  const { done, segments } = progress;
  const percent = segments === 0 ? 100 : Math.floor((100 * done) / segments);
  return `${percent} % of the write-ahead log is read`;
}

function starting(progress: ReplayProgress | undefined): MonError {
  return new MonError({
    code: 'starting',
    what: 'Cannot take the request yet',
    why: `the server is opening its data: ${share(progress)}`,
    mend: 'Try again when /-/ready answers 200.',
    retryable: true,
  });
}
