import { splitLanes, withLanes } from '@mon/agent/spool/record-lanes';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import t from 'tap';

const series = (name: string) =>
  encodeSeriesLanes([
    {
      pairs: ['__name__', name],
      histograms: [],
      exemplars: [{ labels: ['id', name], value: 1, timestampMs: 5 }],
    },
  ]);

t.test('splitLanes() takes out what withLanes() put in, of joined requests too', async (t) => {
  const plain = Buffer.concat([series('a'), series('b')]);
  t.equal(splitLanes(plain).samples, plain, 'nothing to take out');
  const joined = Buffer.concat([
    withLanes(series('a'), series('x')),
    withLanes(series('b'), series('y')),
  ]);
  const { samples, lanes } = splitLanes(joined);
  t.same(Buffer.from(samples), plain);
  t.same(Buffer.from(lanes), Buffer.concat([series('x'), series('y')]));
});
