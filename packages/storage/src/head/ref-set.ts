/** A set of refs, a bit each: a cut may let a million series leave at once. */
export class RefSet {
  readonly #bits: Uint8Array;
  #size = 0;

  constructor(refs: ArrayLike<number> = []) {
    let end = 0;
    for (let i = 0; i < refs.length; i++) end = Math.max(end, (refs[i] as number) + 1);
    this.#bits = new Uint8Array(Math.ceil(end / 8));
    for (let i = 0; i < refs.length; i++) this.#add(refs[i] as number);
  }

  get size(): number {
    return this.#size;
  }

  has(ref: number): boolean {
    return (((this.#bits[ref >>> 3] ?? 0) >>> (ref & 7)) & 1) === 1;
  }

  delete(ref: number): void {
    if (!this.has(ref)) return;
    this.#bits[ref >>> 3] = (this.#bits[ref >>> 3] as number) & ~(1 << (ref & 7));
    this.#size--;
  }

  #add(ref: number): void {
    if (this.has(ref)) return;
    this.#bits[ref >>> 3] = (this.#bits[ref >>> 3] as number) | (1 << (ref & 7));
    this.#size++;
  }
}
