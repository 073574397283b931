/**
 * A database under a small memory budget: one metric explodes, everything else goes on, the memory
 * stays within the budget, and the quarantine ends when it is told to.
 */
import t from 'tap';
import {
  asBody,
  asColumns,
  NOW_MS,
  openFor,
  type SeriesEntry,
  temporaryDir,
} from './database-fixture.ts';

const MEGABYTE = 1024 * 1024;
const PER_REQUEST = 1000;

function exploding(round: number): SeriesEntry[] {
  return Array.from({ length: PER_REQUEST }, (_, i): SeriesEntry => {
    const request_id = `r-${round}-${i}`;
    return [{ __name__: 'http_requests_total', job: 'shop', request_id }, [NOW_MS + round, i]];
  });
}

const steady = (round: number): SeriesEntry[] =>
  Array.from({ length: 50 }, (_, i): SeriesEntry => {
    return [{ __name__: 'node_load1', instance: `host-${i}` }, [NOW_MS + round, round]];
  });

for (const shards of [1, 2]) {
  t.test(`a metric that explodes is quarantined in a database of ${shards} shards`, async (t) => {
    const bounds = { memoryBytesMax: 24 * MEGABYTE };
    const database = await openFor(t, temporaryDir(t), { shards, bounds });
    let refused = 0;
    for (let round = 0; round < 150; round++) {
      const make = round % 2 === 0 ? asBody : asColumns;
      const exploded = await database.append(make(exploding(round)));
      refused += exploded.rejected;
      if (exploded.rejected > 0) {
        t.match(exploded.rejections[0], { code: 'series-refused', reason: /quarantined|budget/ });
      }
      const outcome = await database.append(make(steady(round)));
      if (outcome.accepted !== 50) t.fail(`round ${round}: ${outcome.accepted} of 50 accepted`);
    }
    const { memoryBytes, memoryBytesMax, seriesRefused, headSeries } = database.stats();
    t.ok(refused > 30 * PER_REQUEST, `${refused} refused`);
    t.equal(seriesRefused, refused);
    t.ok(memoryBytes < memoryBytesMax, `${memoryBytes} bytes with ${headSeries} series`);
    const [quarantine, ...others] = await database.quarantines();
    t.match(quarantine, { metric: 'http_requests_total', label: 'request_id' });
    t.same(others, []);
    const fresh = await database.append(asColumns([[{ __name__: 'new_metric' }, [NOW_MS, 1]]]));
    t.equal(fresh.accepted, 1, 'new series of others come in');
    const known = await database.append(
      asColumns([[{ ...exploding(0)[0]?.[0] }, [NOW_MS + 999, 1]]]),
    );
    t.equal(known.accepted, 1, 'series known before go on');
    await database.releaseQuarantines('http_requests_total');
    t.same(await database.quarantines(), []);
  });
}
