/**
 * GET /api/v1/status/storage: where the bytes on disk are. Everything is read for it, on a thread of
 * its own; one such reading at a time.
 */
import { openDirectoryStats } from '@mon/storage/care/care-thread';
import { MonError } from '@mon/storage/model/error';
import { limitParameter } from '../api/parameters.ts';
import { type Route, success } from '../http/route.ts';

const TOP_DEFAULT = 10;

export function storageRoutes(dataDir: string): Route[] {
  let isReading = false;
  return [
    {
      method: 'GET',
      path: '/api/v1/status/storage',
      async handle(request) {
        const top = limitParameter(await request.parameters()) || TOP_DEFAULT;
        if (isReading) throw busy();
        isReading = true;
        try {
          return success(await openDirectoryStats({ dataDir, top }, request.signal));
        } finally {
          isReading = false;
        }
      },
    },
  ];
}

function busy(): MonError {
  return new MonError({
    code: 'job-queue-full',
    what: 'Cannot read the data directory for its statistics',
    why: 'another request has it read at this moment',
    mend: 'Wait for its end, then ask again.',
    retryable: true,
  });
}
