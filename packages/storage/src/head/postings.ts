/**
 * Posting lists of the head: for each pair the refs of the series that carry it, unordered.
 *
 * A list is a chain of slices of 4, 8, 16, ... words in shared pages, so that a list of one ref
 * costs four words and one of a million little more than its refs. The first word of a slice is the
 * address of the next. Freed slices are used again.
 */

const PAGE_BITS = 16;
const PAGE_WORDS = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_WORDS - 1;
const SLICE_WORDS_MIN = 4;
const CLASS_MAX = 10;
const NONE = 0xffffffff;
/** Words kept per list: first slice, next free word, end of the last slice, class of it, count. */
const LIST_WORDS = 5;

export class Postings {
  readonly #pages: Uint32Array[] = [];
  #pageUsed = PAGE_WORDS;
  readonly #freeByClass: number[][] = Array.from({ length: CLASS_MAX + 1 }, () => []);
  #lists = new Uint32Array(LIST_WORDS * 1024);

  get bytes(): number {
    return this.#pages.length * PAGE_WORDS * 4 + this.#lists.byteLength;
  }

  count(list: number): number {
    return this.#lists[list * LIST_WORDS + 4] ?? 0;
  }

  add(list: number, ref: number): void {
    const at = list * LIST_WORDS;
    if (at + LIST_WORDS > this.#lists.length) this.#growLists(list);
    const lists = this.#lists;
    if (lists[at + 1] === lists[at + 2]) this.#addSlice(at);
    const write = lists[at + 1] as number;
    (this.#pages[write >>> PAGE_BITS] as Uint32Array)[write & PAGE_MASK] = ref;
    lists[at + 1] = write + 1;
    lists[at + 4] = (lists[at + 4] as number) + 1;
  }

  /** Copies a list's refs into `out`, which has room for `count(list)`. */
  copy(list: number, out: Uint32Array): void {
    let written = 0;
    this.#eachSlice(list, (page, from, to) => {
      out.set(page.subarray(from, to), written);
      written += to - from;
    });
  }

  /** Removes the refs for which `isGone` holds; frees what the list no longer needs. */
  removeWhere(list: number, isGone: (ref: number) => boolean): void {
    const kept = new Uint32Array(this.count(list));
    let count = 0;
    this.#eachSlice(list, (page, from, to) => {
      for (let i = from; i < to; i++) {
        const ref = page[i] as number;
        if (!isGone(ref)) kept[count++] = ref;
      }
    });
    if (count === kept.length) return;
    this.#clear(list);
    for (let i = 0; i < count; i++) this.add(list, kept[i] as number);
  }

  #eachSlice(list: number, visit: (page: Uint32Array, from: number, to: number) => void): void {
    let left = this.count(list);
    let slice = this.#lists[list * LIST_WORDS] as number;
    for (let sliceClass = 0; left > 0; sliceClass = Math.min(sliceClass + 1, CLASS_MAX)) {
      const page = this.#pages[slice >>> PAGE_BITS] as Uint32Array;
      const from = (slice & PAGE_MASK) + 1;
      const items = Math.min(left, (SLICE_WORDS_MIN << sliceClass) - 1);
      visit(page, from, from + items);
      left -= items;
      slice = page[from - 1] as number;
    }
  }

  #clear(list: number): void {
    const at = list * LIST_WORDS;
    const lastClass = lists(this.#lists, at + 3);
    let slice = lists(this.#lists, at);
    for (let sliceClass = 0; slice !== NONE; sliceClass = Math.min(sliceClass + 1, CLASS_MAX)) {
      const page = this.#pages[slice >>> PAGE_BITS] as Uint32Array;
      this.#freeByClass[Math.min(sliceClass, lastClass)]?.push(slice);
      slice = page[slice & PAGE_MASK] as number;
    }
    this.#lists.fill(0, at, at + LIST_WORDS);
  }

  #addSlice(at: number): void {
    const list = this.#lists;
    const isFirst = list[at + 4] === 0;
    const sliceClass = isFirst ? 0 : Math.min((list[at + 3] as number) + 1, CLASS_MAX);
    const slice = this.#allocate(sliceClass);
    if (isFirst) list[at] = slice;
    else {
      const last = (list[at + 2] as number) - (SLICE_WORDS_MIN << (list[at + 3] as number));
      (this.#pages[last >>> PAGE_BITS] as Uint32Array)[last & PAGE_MASK] = slice;
    }
    list[at + 1] = slice + 1;
    list[at + 2] = slice + (SLICE_WORDS_MIN << sliceClass);
    list[at + 3] = sliceClass;
  }

  #allocate(sliceClass: number): number {
    const words = SLICE_WORDS_MIN << sliceClass;
    let slice = this.#freeByClass[sliceClass]?.pop();
    if (slice === undefined) {
      if (this.#pageUsed + words > PAGE_WORDS) {
        this.#pages.push(new Uint32Array(PAGE_WORDS));
        this.#pageUsed = 0;
      }
      slice = (this.#pages.length - 1) * PAGE_WORDS + this.#pageUsed;
      this.#pageUsed += words;
    }
    (this.#pages[slice >>> PAGE_BITS] as Uint32Array)[slice & PAGE_MASK] = NONE;
    return slice;
  }

  #growLists(list: number): void {
    const longer = new Uint32Array(Math.max(this.#lists.length * 2, (list + 1) * LIST_WORDS));
    longer.set(this.#lists);
    this.#lists = longer;
  }
}

function lists(words: Uint32Array, at: number): number {
  return words[at] as number;
}
