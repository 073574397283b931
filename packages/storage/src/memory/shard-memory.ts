/**
 * The memory of one shard: a shared WebAssembly.Memory, dealt out in pages of 64 KiB.
 *
 * Kernels work on addresses in it, TypeScript on views over it, other threads on what they are
 * told the address of. It grows and never shrinks; pages given back are dealt out again. Views made
 * before it grew stay valid for what they cover. See docs/design/0003-shard-memory.md.
 */
import { assert } from '../model/assert.ts';
import { Wasm, type WasmMemory } from './web-assembly.ts';

export const PAGE_BYTES = 64 * 1024;
/** 4 GiB: what 32-bit addresses reach. */
export const PAGES_MAX = 65536;
/** Page 0 is never dealt out: address 0 stands for nothing. */
const FIRST_PAGE = 1;

export class ShardMemory {
  readonly memory: WasmMemory;
  readonly #pagesMax: number;
  /** Single pages given back. */
  readonly #free: number[] = [];
  readonly #firstPage: number;
  #end: number;
  #used = 0;
  #bytes!: Uint8Array<SharedArrayBuffer>;
  #words!: Uint32Array<SharedArrayBuffer>;
  #doubles!: Float64Array<SharedArrayBuffer>;

  /** Over a memory that exists, what it has so far is not dealt out: see `shard-layout.ts`. */
  constructor(pagesMax = PAGES_MAX, memory?: WasmMemory) {
    this.#pagesMax = pagesMax;
    this.memory =
      memory ?? new Wasm.Memory({ initial: FIRST_PAGE, maximum: pagesMax, shared: true });
    this.#look();
    this.#firstPage = this.#bytes.length / PAGE_BYTES;
    this.#end = this.#firstPage;
  }

  /** Bytes of all pages that are dealt out. */
  get bytesUsed(): number {
    return this.#used * PAGE_BYTES;
  }

  /** All of the memory as it is now; take it anew after anything that may allocate. */
  get bytes(): Uint8Array<SharedArrayBuffer> {
    return this.#bytes;
  }

  /** The same in words: entry `address / 4`. */
  get words(): Uint32Array<SharedArrayBuffer> {
    return this.#words;
  }

  /** The same as doubles: entry `address / 8`. */
  get doubles(): Float64Array<SharedArrayBuffer> {
    return this.#doubles;
  }

  get buffer(): SharedArrayBuffer {
    return this.#bytes.buffer;
  }

  /**
   * The address of `pages` pages in a row, zeroed.
   *
   * @throws RangeError beyond 4 GiB: bounds on what is held end earlier
   */
  allocate(pages = 1): number {
    assert(pages >= 1, 'at least one page');
    this.#used += pages;
    const again = pages === 1 ? this.#free.pop() : undefined;
    if (again !== undefined) {
      const at = again * PAGE_BYTES;
      this.#bytes.fill(0, at, at + PAGE_BYTES);
      return at;
    }
    const page = this.#end;
    this.#end += pages;
    this.#growTo(this.#end);
    return page * PAGE_BYTES;
  }

  /** Gives back pages that `allocate` dealt out; nobody may hold an address in them any more. */
  release(address: number, pages = 1): void {
    assert(address % PAGE_BYTES === 0, 'pages are given back whole');
    const first = address / PAGE_BYTES;
    assert(
      first >= this.#firstPage && first + pages <= this.#end,
      'pages that were never dealt out',
    );
    this.#used -= pages;
    // A row of pages comes back as single ones: rows are for tables that only grow.
    for (let page = first; page < first + pages; page++) this.#free.push(page);
  }

  #growTo(pages: number): void {
    const missing = pages - this.#bytes.length / PAGE_BYTES;
    if (missing <= 0) return;
    // Ahead of the need, so that views are renewed seldom; untouched pages cost no memory.
    const spare = Math.min(Math.ceil(pages / 8), this.#pagesMax - pages);
    this.memory.grow(missing + Math.max(0, spare));
    this.#look();
  }

  /** Takes views over all that is there now. */
  #look(): void {
    this.#bytes = new Uint8Array(this.memory.buffer);
    this.#words = new Uint32Array(this.memory.buffer);
    this.#doubles = new Float64Array(this.memory.buffer);
  }
}
