/** Raw samples over remote read, in both forms. */
import { crc32c } from '@mon/storage/encoding/crc32c';
import { cursorOver, readLength, readVarint32 } from '@mon/storage/protocol/protobuf-reader';
import { ProtobufWriter } from '@mon/storage/protocol/protobuf-writer';
import { decodeRemoteWrite } from '@mon/storage/protocol/remote-write';
import { packSnappy, unpackSnappy } from '@mon/storage/protocol/snappy';
import t, { type Test } from 'tap';
import { NOW_MS, startTestServer, writeBody } from '../running-server.ts';

const UTF8 = new TextEncoder();

function readBody(matchers: [number, string, string][], streamed: boolean): Uint8Array {
  const query = new ProtobufWriter(64);
  query.varintField(0x08, NOW_MS - 3_600_000);
  query.varintField(0x10, NOW_MS);
  for (const [kind, name, value] of matchers) {
    const matcher = new ProtobufWriter(64);
    matcher.varintField(0x08, kind);
    matcher.message(0x12, UTF8.encode(name));
    matcher.message(0x1a, UTF8.encode(value));
    query.message(0x1a, matcher.taken());
  }
  const body = new ProtobufWriter(64);
  body.message(0x0a, query.taken());
  if (streamed) body.message(0x12, Uint8Array.of(1, 0));
  return packSnappy(body.taken());
}

async function filled(t: Test) {
  const server = await startTestServer(t, {
    yaml: 'global: { external_labels: { region: eu } }\n',
  });
  const samples = Array.from({ length: 300 }, (_, i): [number, number] => [
    NOW_MS - (299 - i) * 1000,
    i * 1.5,
  ]);
  const body = writeBody([
    { labels: { __name__: 'b', host: 'x' }, samples: samples.slice(0, 2) },
    { labels: { __name__: 'a', host: 'y' }, samples },
    { labels: { __name__: 'a', host: 'z', region: 'us' }, samples: samples.slice(0, 1) },
  ]);
  t.equal((await server.write(body)).status, 204);
  return (read: Uint8Array) =>
    fetch(`${server.url}/api/v1/read`, { method: 'POST', body: read as Uint8Array<ArrayBuffer> });
}

t.test('samples: one message, series in order, external labels on', async (t) => {
  const ask = await filled(t);
  const answer = await ask(readBody([[2, '__name__', 'a|b']], false));
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('content-encoding'), 'snappy');
  const plain = unpackSnappy(new Uint8Array(await answer.arrayBuffer()));
  const cursor = cursorOver(plain);
  t.equal(readVarint32(cursor, plain.length), 0x0a);
  const to = readLength(cursor, plain.length);
  const { columns } = decodeRemoteWrite(plain.slice(cursor.at, to));
  t.same(columns.labels, [
    ['__name__', 'a', 'host', 'y', 'region', 'eu'],
    ['__name__', 'a', 'host', 'z', 'region', 'us'],
    ['__name__', 'b', 'host', 'x', 'region', 'eu'],
  ]);
  t.same([...columns.sampleOffsets], [0, 300, 301, 303]);
  t.equal(columns.values[299], 299 * 1.5);
});

t.test('a matcher on an external label is met by the label that is added', async (t) => {
  const ask = await filled(t);
  const matchers: [number, string, string][] = [
    [0, '__name__', 'a'],
    [0, 'region', 'eu'],
  ];
  const plain = unpackSnappy(
    new Uint8Array(await (await ask(readBody(matchers, false))).arrayBuffer()),
  );
  const { columns } = decodeRemoteWrite(plain.slice(plain.length > 130 ? 3 : 2));
  t.same(columns.labels, [['__name__', 'a', 'host', 'y', 'region', 'eu']]);
});

t.test('streamed: frames with checksums', async (t) => {
  const ask = await filled(t);
  const answer = await ask(readBody([[2, '__name__', 'a|b']], true));
  t.match(answer.headers.get('content-type'), /proto=prometheus\.ChunkedReadResponse/);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const cursor = cursorOver(bytes);
  const chunks: number[] = [];
  while (cursor.at < bytes.length) {
    const length = readVarint32(cursor, bytes.length);
    const crc = cursor.view.getUint32(cursor.at);
    cursor.at += 4;
    const end = cursor.at + length;
    t.equal(crc, crc32c(bytes, cursor.at, end), 'checksum');
    t.equal(readVarint32(cursor, end), 0x0a);
    const to = readLength(cursor, end);
    let count = 0;
    while (cursor.at < to) {
      if (readVarint32(cursor, to) === 0x12) count++;
      cursor.at = readLength(cursor, to);
    }
    chunks.push(count);
    cursor.at = end;
  }
  t.same(chunks, [3, 1, 1]);
});

t.test('what cannot be read is refused', async (t) => {
  const ask = await filled(t);
  t.equal((await ask(UTF8.encode('not snappy'))).status, 400);
  t.equal((await ask(packSnappy(Uint8Array.of(0x0a, 0x7f)))).status, 400);
  t.equal((await ask(readBody([[9, 'a', 'b']], false))).status, 400);
  t.equal((await ask(readBody([[2, 'a', '(']], false))).status, 400);
});
