import { compileRelabel } from '@mon/agent/relabel/relabel-rule';
import { BatchRequest } from '@mon/agent/send/batch-request';
import { MetricFamilies } from '@mon/agent/send/metric-families';
import { withLanes } from '@mon/agent/spool/record-lanes';
import type { SpoolRecord } from '@mon/agent/spool/spool-record';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { RemoteWrite2Walk } from '@mon/storage/protocol/remote-write-2';
import { encodeWriteRequest } from '@mon/storage/protocol/remote-write-encode';
import { readLanes1, readLanes2 } from '@mon/storage/protocol/series-lanes';
import { encodeSeriesLanes } from '@mon/storage/protocol/series-lanes-encode';
import { packSnappy, unpackSnappy } from '@mon/storage/protocol/snappy';
import t from 'tap';
import { numberedColumns } from '../columns.ts';

const lanes = [
  {
    pairs: ['__name__', 'm', 'i', '0'],
    histograms: [],
    exemplars: [{ labels: ['id', 'x'], value: 1, timestampMs: 5 }],
  },
];

function record(count: number, hasLanes: boolean): SpoolRecord {
  const range = { from: 0, to: count };
  const request = encodeWriteRequest(numberedColumns(count, 1), [], range);
  const plain = hasLanes ? withLanes(request, encodeSeriesLanes(lanes)) : request;
  return { appendedMs: 1, samples: count, body: packSnappy(plain) };
}

t.test('BatchRequest sends exemplars to those who want them, in remote write 1.0', async (t) => {
  const records = [record(2, true), record(3, false), record(1, true)];
  const wanted = unpackSnappy(new BatchRequest(records, [], true).remoteWrite1());
  t.same(readLanes1(wanted), [...lanes, ...lanes]);
  t.equal(decodeRemoteWrite(wanted).columns.values.length, 6);
  const other = new BatchRequest(records, [], false);
  t.same(readLanes1(unpackSnappy(other.remoteWrite1())), []);
  t.equal(decodeRemoteWrite(other.plain).columns.labels.length, 6, 'no series without samples');
});

t.test('BatchRequest sends exemplars in remote write 2.0 beside their samples', async (t) => {
  const records = [record(2, true), record(3, false), record(1, true)];
  const request = new BatchRequest(records, [], true);
  const plain = unpackSnappy(request.remoteWrite2(new MetricFamilies()) ?? new Uint8Array(0));
  const walk = new RemoteWrite2Walk();
  walk.walk(plain);
  t.match(walk, { seriesCount: 6, sampleCount: 6, exemplarCount: 2 });
  const [first] = lanes;
  const exemplars = [...(first?.exemplars ?? []), ...(first?.exemplars ?? [])];
  t.same(
    readLanes2(plain, walk).filter((series) => series.exemplars.length > 0),
    [{ ...first, exemplars }],
  );
});

t.test('BatchRequest relabels exemplars like samples', async (t) => {
  const rule = { sourceLabels: [], separator: ';', regex: '(.*)', modulus: 0 };
  const rename = compileRelabel({
    ...{ ...rule, action: 'replace', targetLabel: 'zone', replacement: 'a' },
  } as Parameters<typeof compileRelabel>[0]);
  const request = new BatchRequest([record(1, true)], [rename], true);
  const [series] = readLanes1(unpackSnappy(request.remoteWrite1()));
  t.same(series?.pairs, ['__name__', 'm', 'i', '0', 'zone', 'a']);
});
