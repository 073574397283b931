/**
 * GET /api/v1/status/quarantine: what is kept out for lack of memory. DELETE
 * /api/v1/admin/quarantine[?metric=NAME]: lets it in again.
 */
import type { Database } from '@mon/storage/database';
import { type Route, success } from '../http/route.ts';

type Quarantining = Pick<Database, 'quarantines' | 'releaseQuarantines' | 'stats'>;

export function quarantineRoutes(database: Quarantining): Route[] {
  const status = async () => {
    const { memoryBytes, memoryBytesMax, memoryPressure, seriesRefused } = database.stats();
    const quarantined = (await database.quarantines()).map(({ sinceMs, ...one }) => ({
      ...one,
      since: new Date(sinceMs).toISOString(),
    }));
    return success({ memoryBytes, memoryBytesMax, memoryPressure, seriesRefused, quarantined });
  };
  return [
    { method: 'GET', path: '/api/v1/status/quarantine', handle: status },
    {
      method: 'DELETE',
      path: '/api/v1/admin/quarantine',
      async handle(request) {
        const metric = (await request.parameters()).get('metric') ?? undefined;
        await database.releaseQuarantines(metric);
        return status();
      },
    },
  ];
}
