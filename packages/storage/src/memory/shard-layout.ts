/**
 * How a shard's memory begins: what other threads look at is there from the start, so that a view
 * made then covers it for ever.
 *
 *     | page 0, unused | inbox 16 MiB: dealt out by main | transit 112 MiB: by the shard | pages |
 *
 * Pages that nobody touched cost nothing.
 */
import { PAGE_BYTES, PAGES_MAX } from './shard-memory.ts';
import { Wasm, type WasmMemory } from './web-assembly.ts';

export const INBOX = { start: PAGE_BYTES, bytes: 16 * 1024 * 1024 } as const;
export const TRANSIT = { start: INBOX.start + INBOX.bytes, bytes: 112 * 1024 * 1024 } as const;

/** The memory of a shard, made by main and handed to all threads that look at it. */
export function newShardMemory(): WasmMemory {
  const pages = (TRANSIT.start + TRANSIT.bytes) / PAGE_BYTES;
  return new Wasm.Memory({ initial: pages, maximum: PAGES_MAX, shared: true });
}
