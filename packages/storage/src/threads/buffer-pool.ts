/**
 * Buffers that are used again, so that a stream of messages leaves no garbage: what is handed to
 * another thread comes back with its answer.
 */

/** Sizes are multiples of this, so that messages of about one size share buffers. */
const BUFFER_STEP_BYTES = 16 * 1024;
/** Buffers kept, and the largest that is. */
const BUFFERS_MAX = 32;
const BUFFER_BYTES_MAX = 1024 * 1024;

export class BufferPool {
  readonly #free: ArrayBuffer[] = [];

  /** A buffer of at least so many bytes, with anything in it. */
  take(bytes: number): ArrayBuffer {
    for (let i = this.#free.length - 1; i >= 0; i--) {
      const buffer = this.#free[i] as ArrayBuffer;
      if (buffer.byteLength < bytes) continue;
      this.#free[i] = this.#free.at(-1) as ArrayBuffer;
      this.#free.pop();
      return buffer;
    }
    return new ArrayBuffer(Math.ceil(bytes / BUFFER_STEP_BYTES) * BUFFER_STEP_BYTES);
  }

  /** Gives a buffer back that nobody looks at any more. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0 || buffer.byteLength > BUFFER_BYTES_MAX) return;
    // Of a full pool the newcomer replaces the first: sizes follow what is asked for.
    if (this.#free.length === BUFFERS_MAX) this.#free.shift();
    this.#free.push(buffer);
  }
}
