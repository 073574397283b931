/** Pages dealt out and given back, and a kernel over them. */
import { crc32c } from '@mon/storage/encoding/crc32c';
import { loadKernel } from '@mon/storage/memory/load-kernel';
import { PAGE_BYTES, ShardMemory } from '@mon/storage/memory/shard-memory';
import t from 'tap';

interface ChecksumKernel {
  prepareChecksum(tables: number): void;
  checksum(tables: number, from: number, to: number, crc: number): number;
}

t.test('pages are whole, zeroed and dealt out again', async (t) => {
  const memory = new ShardMemory(64);
  const first = memory.allocate();
  t.equal(first % PAGE_BYTES, 0);
  t.not(first, 0, 'address 0 stands for nothing');
  memory.bytes.fill(7, first, first + PAGE_BYTES);
  const row = memory.allocate(3);
  t.equal(memory.bytesUsed, 4 * PAGE_BYTES);
  memory.release(first);
  t.equal(memory.allocate(), first, 'used again');
  t.equal(memory.bytes[first], 0, 'zeroed');
  memory.release(row, 3);
  t.equal(memory.bytesUsed, PAGE_BYTES);
  t.throws(() => memory.allocate(64), RangeError, 'bounded');
});

t.test('views made before it grew stay valid', async (t) => {
  const memory = new ShardMemory(1024);
  const at = memory.allocate();
  const before = memory.bytes;
  memory.allocate(500);
  before[at] = 5;
  t.equal(memory.bytes[at], 5);
});

t.test('the checksum kernel agrees with its twin', async (t) => {
  const memory = new ShardMemory();
  const kernel = loadKernel<ChecksumKernel>('checksum', memory.memory);
  const at = memory.allocate(2);
  const tables = memory.allocate();
  kernel.prepareChecksum(tables);
  const bytes = memory.bytes.subarray(at, at + 2 * PAGE_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 13;
  for (const [from, to] of [
    [0, 0],
    [0, 1],
    [3, 20],
    [5, 4096],
    [0, 2 * PAGE_BYTES],
  ] as const) {
    const own = Uint8Array.from(bytes.subarray(from, to));
    t.equal(kernel.checksum(tables, at + from, at + to, 0) >>> 0, crc32c(own, 0, own.length));
  }
  const middle = kernel.checksum(tables, at, at + 100, 0);
  const whole = kernel.checksum(tables, at, at + 300, 0);
  t.equal(kernel.checksum(tables, at + 100, at + 300, middle), whole, 'goes on from a part');
});
