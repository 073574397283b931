/**
 * A shard's worker with a stream that is a bug, for tests of what a bug in a thread does.
 */
import { runShard } from '@mon/storage/shard/run-shard';

runShard({
  poison: () => {
    throw new Error('BUG: poisoned');
  },
});
