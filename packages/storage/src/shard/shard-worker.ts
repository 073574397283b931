/**
 * The shard's thread as storage itself starts it, without extensions.
 */
import { runShard } from './run-shard.ts';

runShard({});
