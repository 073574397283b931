/**
 * Starts the shard of this thread. A composition root that runs parts of its own beside a shard's
 * data writes a worker file like `shard-worker.ts` and gives `runShard` its extensions.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../model/assert.ts';
import { Shard, type ShardExtensions } from './shard.ts';
import type { ShardStart } from './shard-messages.ts';

export function runShard(extensions: ShardExtensions): void {
  assert(parentPort !== null, 'a shard is a worker');
  new Shard(workerData as ShardStart, parentPort, extensions);
}
