import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '@mon/storage/database';
import { crc32c } from '@mon/storage/encoding/crc32c';
import { FRAME_BYTES, sealFrame } from '@mon/storage/log/record-frame';
import t from 'tap';
import {
  asBody,
  databaseOptions,
  NOW_MS,
  openFor,
  readAll,
  recordingLog,
  temporaryDir,
} from './database-fixture.ts';

const sample = (step: number) => asBody([[{ __name__: 'm', step: `${step % 2}` }, [step, step]]]);

/** A closed database with `steps` appends, one record each and definitions with the first two. */
async function written(dir: string, steps: number): Promise<string> {
  const database = await openDatabase(databaseOptions(dir, { shards: 2 }));
  for (let step = 0; step < steps; step++) await database.append(sample(NOW_MS + step));
  await database.close();
  const [name = ''] = readdirSync(join(dir, 'wal'));
  return join(dir, 'wal', name);
}

async function times(database: Database): Promise<number[]> {
  const found = await readAll(database);
  return Object.values(found)
    .flatMap((samples) => samples.map(([ms]) => ms - NOW_MS))
    .sort((a, b) => a - b);
}

t.test('a torn tail is cut and reported; what was whole is there', async (t) => {
  const dir = temporaryDir(t);
  const path = await written(dir, 6);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 3));
  const lines: string[] = [];
  const database = await openDatabase(databaseOptions(dir, { log: recordingLog(lines) }));
  t.same(await times(database), [0, 1, 2, 3, 4]);
  t.match(
    lines.join('\n'),
    new RegExp(`warn .*cut short.*"path":"${path}","offset":\\d+,"bytes":\\d+`),
  );
  await database.append(sample(NOW_MS + 6));
  await database.close();
  lines.length = 0;
  const again = await openFor(t, dir, { log: recordingLog(lines) });
  t.same(await times(again), [0, 1, 2, 3, 4, 6]);
  t.notMatch(lines.join('\n'), /warn|error/, 'reported once');
});

t.test('junk behind the last record is a torn tail', async (t) => {
  const dir = temporaryDir(t);
  appendFileSync(await written(dir, 4), Buffer.alloc(5000, 0xa5));
  const lines: string[] = [];
  const database = await openFor(t, dir, { log: recordingLog(lines) });
  t.same(await times(database), [0, 1, 2, 3]);
  t.match(lines.join('\n'), /"bytes":5000/);
});

t.test('a flipped bit is named with its place, and what follows is kept', async (t) => {
  const dir = temporaryDir(t);
  const path = await written(dir, 8);
  const bytes = readFileSync(path);
  // The record of step 4: the samples of steps 2 to 7 have records of one length at the end.
  const recordBytes = lastRecordBytes(bytes);
  const at = bytes.length - 4 * recordBytes + 20;
  bytes[at] = (bytes[at] as number) ^ 0x10;
  writeFileSync(path, bytes);
  const lines: string[] = [];
  const database = await openFor(t, dir, { shards: 3, log: recordingLog(lines) });
  t.same(await times(database), [0, 1, 2, 3, 5, 6, 7]);
  const errors = lines.filter((line) => line.startsWith('error'));
  t.equal(errors.length, 1, 'reported once, whatever the number of shards');
  const place = `"path":"${path}","offset":${bytes.length - 4 * recordBytes},"bytes":${recordBytes}`;
  t.match(errors[0] ?? '', place);
});

t.test('samples whose definition was damaged are counted as lost', async (t) => {
  const dir = temporaryDir(t);
  const path = await written(dir, 6);
  const bytes = readFileSync(path);
  // The first record defines the series of even steps.
  bytes[40] = (bytes[40] as number) ^ 1;
  writeFileSync(path, bytes);
  const lines: string[] = [];
  const database = await openFor(t, dir, { log: recordingLog(lines) });
  t.same(await times(database), [1, 3, 5]);
  t.match(lines.join('\n'), /error samples were lost.*"samples":3/);
});

t.test('a log that cannot be used is an error that says what to do', async (t) => {
  const dir = temporaryDir(t);
  const path = await written(dir, 2);
  const header = readFileSync(path).subarray(0, 16);
  header[7] = 9;
  header.writeUInt32LE(crc32c(header, 0, 12), 12);
  writeFileSync(path, header);
  await t.rejects(openDatabase(databaseOptions(dir)), { code: 'log-version', why: /version 9/ });
  rmSync(join(dir, 'wal'), { recursive: true });
  writeFileSync(join(dir, 'wal'), 'no folder');
  await t.rejects(openDatabase(databaseOptions(dir)), { code: 'wal-unusable' });
  rmSync(join(dir, 'wal'));
  await openFor(t, dir);
});

/** Length of the last record of a segment, by its header. */
function lastRecordBytes(bytes: Buffer): number {
  let at = 16;
  let length = 0;
  while (at < bytes.length) {
    length = 12 + bytes.readUInt32LE(at + 4);
    at += length;
  }
  return length;
}

t.test('an intact record of an unknown kind refuses the start, and stays', async (t) => {
  const dir = temporaryDir(t);
  const path = await written(dir, 4);
  const record = new Uint8Array(FRAME_BYTES + 12);
  record[FRAME_BYTES] = 1;
  sealFrame(record, 0, { kind: 1, payloadBytes: 12 });
  appendFileSync(path, record);
  const before = readFileSync(path);
  await t.rejects(openDatabase(databaseOptions(dir)), { code: 'log-version', message: /kind 1/ });
  t.same(readFileSync(path), before);
});
