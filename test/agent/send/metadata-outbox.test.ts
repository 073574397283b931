import { METADATA_REPEAT_MS, MetadataOutbox } from '@mon/agent/send/metadata-outbox';
import type { MetricMetadata } from '@mon/storage/model/metadata';
import t from 'tap';

const entry = (metric: string, help = ''): MetricMetadata => {
  return { metric, type: 'gauge', help, unit: '' };
};

t.test('MetadataOutbox gives what is new or changed, and all once an hour', async (t) => {
  const outbox = new MetadataOutbox();
  const due = (nowMs: number, ...known: MetricMetadata[]) =>
    outbox.due(known, nowMs).map(({ metric, help }) => metric + help);
  t.strictSame(due(0, entry('a'), entry('b')), ['a', 'b']);
  t.strictSame(due(1, entry('a'), entry('b')), []);
  t.strictSame(due(2, entry('a', 'new'), entry('b'), entry('c')), ['anew', 'c']);
  t.strictSame(due(METADATA_REPEAT_MS, entry('a', 'new'), entry('b')), ['anew', 'b']);
});

t.test('MetadataOutbox takes the first word where two targets disagree in one round', async (t) => {
  const outbox = new MetadataOutbox();
  const due = outbox.due([entry('a', '1'), entry('a', '2')], 0);
  t.strictSame(due, [entry('a', '1')]);
  t.strictSame(outbox.due([entry('a', '1'), entry('a', '2')], 1), [], 'nor in the next');
  t.strictSame(outbox.due([entry('a', '2'), entry('a', '1')], 2), []);
  t.strictSame(outbox.due([entry('a', '2')], 3), [entry('a', '2')]);
});
