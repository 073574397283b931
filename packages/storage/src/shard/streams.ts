/**
 * Answers that come in pages: made one ahead of what is asked for, and never more.
 */
import { assert } from '../model/assert.ts';
import { MonError } from '../model/error.ts';
import { canceled } from '../querier/query-errors.ts';
import { Transferred } from '../threads/call-port.ts';
import type { StreamPage } from './shard-messages.ts';

/** A page and the buffers that are handed over with it. */
export interface SourcePage {
  readonly page: unknown;
  readonly buffers: ArrayBuffer[];
}

/** Makes the pages of one kind of stream. The signal says that nobody wants them any more. */
export type StreamSource = (ask: unknown, signal: AbortSignal) => AsyncIterator<SourcePage>;

interface OpenStream {
  readonly pages: AsyncIterator<SourcePage>;
  readonly abort: AbortController;
  ahead: Promise<IteratorResult<SourcePage>>;
}

export class Streams {
  readonly #sources: ReadonlyMap<string, StreamSource>;
  readonly #open = new Map<number, OpenStream>();

  constructor(sources: ReadonlyMap<string, StreamSource>) {
    this.#sources = sources;
  }

  get count(): number {
    return this.#open.size;
  }

  open(stream: number, name: string, ask: unknown): Promise<Transferred<StreamPage>> {
    const source = this.#sources.get(name);
    assert(source !== undefined, `no stream is called ${name}`);
    const abort = new AbortController();
    const pages = source(ask, abort.signal);
    this.#open.set(stream, { pages, abort, ahead: pages.next() });
    return this.next(stream);
  }

  async next(stream: number): Promise<Transferred<StreamPage>> {
    const open = this.#open.get(stream);
    if (open === undefined) throw canceled();
    try {
      const { value, done } = await open.ahead;
      if (done) return this.#last(stream, { page: null, buffers: [] });
      open.ahead = open.pages.next();
      // Awaited here, so that a short answer takes one call; a fault waits for the next one.
      const isLast = await open.ahead.then(
        (ahead) => ahead.done === true,
        () => false,
      );
      if (isLast) return this.#last(stream, value);
      return new Transferred({ page: value.page, isLast: false }, value.buffers);
    } catch (error) {
      this.#open.delete(stream);
      throw error;
    }
  }

  /** Ends a stream; one that has ended already is passed over. */
  cancel(stream: number): void {
    const open = this.#open.get(stream);
    if (open === undefined) return;
    this.#open.delete(stream);
    open.abort.abort();
    // The page under way ends with the cancelation, which nobody is left to be told of.
    open.ahead.catch(ignoreCancelation);
    open.pages.return?.().catch(ignoreCancelation);
  }

  /** Ends all streams. */
  close(): void {
    for (const stream of [...this.#open.keys()]) this.cancel(stream);
  }

  #last(stream: number, { page, buffers }: SourcePage): Transferred<StreamPage> {
    this.#open.delete(stream);
    return new Transferred({ page, isLast: true }, buffers);
  }
}

function ignoreCancelation(error: unknown): void {
  assert(error instanceof MonError, `a canceled stream failed: ${error}`);
}
