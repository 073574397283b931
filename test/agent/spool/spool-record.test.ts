import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeSpoolRecord, encodeSpoolRecord } from '@mon/agent/spool/spool-record';
import { FRAME_BYTES } from '@mon/storage/log/record-frame';
import t from 'tap';

const RECORD = { appendedMs: 1_700_000_000_123, samples: 2, body: Uint8Array.of(1, 2, 3) };

t.test('encodeSpoolRecord() writes the bytes that the format document quotes', async (t) => {
  const hex = Buffer.from(encodeSpoolRecord(RECORD)).toString('hex');
  const document = readFileSync(
    join(import.meta.dirname, '../../../docs/formats/spool.md'),
    'utf8',
  );
  const golden = /```\n(a5[0-9a-f\s]+)```/.exec(document)?.[1]?.replace(/\s/g, '');
  t.equal(hex, golden);
});

t.test('decodeSpoolRecord() gives back what was encoded, at any offset', async (t) => {
  const bytes = encodeSpoolRecord(RECORD);
  const shifted = Buffer.concat([Buffer.from([9, 9, 9]), bytes]);
  t.strictSame(decodeSpoolRecord(shifted.subarray(3 + FRAME_BYTES)), RECORD);
});
