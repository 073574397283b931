/**
 * A shard worker with a stream of its own, as a composition root above storage writes one.
 */

import { MonError } from '@mon/storage/model/error';
import { DEFAULT_TENANT } from '@mon/storage/model/tenant';
import { runShard } from '@mon/storage/shard/run-shard';

runShard({
  /** Pages of [number of series, sum of values], one for each batch; `fail` as ask fails. */
  async *sums(ask, { queryable, signal }) {
    if (ask === 'fail') {
      throw new MonError({ code: 'query-failed', what: 'Cannot sum', why: 'told so', mend: 'No.' });
    }
    const request = { tenant: DEFAULT_TENANT, matchers: [], startMs: 0, endMs: 1e15, signal };
    for await (const { labels, values } of queryable.select(request)) {
      const page = new Float64Array([labels.length, values.reduce((a, b) => a + b, 0)]);
      yield { page, buffers: [page.buffer] };
    }
  },
});
