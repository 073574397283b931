/**
 * A batch of writes as LevelDB's log holds it. Source: leveldb/db/write_batch.cc.
 *
 *     | sequence u64 | count u32 | (1, key, value) or (0, key) ... |
 */
import { ByteReader } from '../../encoding/byte-reader.ts';
import { MalformedBytes } from '../../encoding/malformed-bytes.ts';
import type { VersionedEntry } from './versioned-entry.ts';

const NOTHING = new Uint8Array(0);

/** @throws MalformedBytes */
export function readWriteBatch(record: Uint8Array): VersionedEntry[] {
  const reader = new ByteReader(record);
  const low = reader.u32();
  const first = reader.u32() * 0x1_0000_0000 + low;
  const count = reader.u32();
  const entries: VersionedEntry[] = [];
  for (let i = 0; i < count; i++) {
    const type = reader.u8();
    if (type > 1) throw new MalformedBytes(`a write of kind ${type} is not known`);
    const key = reader.raw(reader.varint());
    const value = type === 1 ? reader.raw(reader.varint()) : NOTHING;
    entries.push({ key, value, sequence: first + i, isDeletion: type === 0 });
  }
  return entries;
}
