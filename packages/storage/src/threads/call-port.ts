/**
 * Typed calls over a message port, both ways: a question, later one answer or one error.
 *
 * Messages keep their order; handlers start in that order and may answer in any. A MonError travels
 * as its fields. Anything else that a handler throws is a bug and ends the thread it was thrown on.
 */
import type { MessagePort, Transferable, Worker } from 'node:worker_threads';
import { assert } from '../model/assert.ts';
import { errorFrame, MonError, type MonErrorFrame } from '../model/error.ts';

/** Calls by name: what is asked and what is answered. */
export type CallMap = { readonly [name: string]: (ask: never) => unknown };
type Ask<Calls, Name extends keyof Calls> = Calls[Name] extends (ask: infer A) => unknown
  ? A
  : never;
type Answer<Calls, Name extends keyof Calls> = Calls[Name] extends (ask: never) => infer R
  ? Awaited<R>
  : never;

/** An answer some of whose buffers are handed over instead of copied. */
export class Transferred<T> {
  readonly answer: T;
  readonly transfer: Transferable[];

  constructor(answer: T, transfer: Transferable[]) {
    this.answer = answer;
    this.transfer = transfer;
  }
}

type Reply<A> = A | Transferred<A>;

/** One function for each call that the other side may make. */
export type Handlers<Calls extends CallMap> = {
  readonly [Name in keyof Calls]: (
    ask: Ask<Calls, Name>,
  ) => Reply<Answer<Calls, Name>> | Promise<Reply<Answer<Calls, Name>>>;
};

type Message =
  | { readonly id: number; readonly name: string; readonly ask: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: MonErrorFrame };

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class CallPort<Out extends CallMap, In extends CallMap> {
  readonly #port: MessagePort | Worker;
  readonly #handlers: Handlers<In>;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #closed: MonError | undefined;

  constructor(port: MessagePort | Worker, handlers: Handlers<In>) {
    this.#port = port;
    this.#handlers = handlers;
    port.on('message', (message: Message) => this.#take(message));
  }

  /** Calls that have no answer yet. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** @throws MonError as the other side threw it, or as `close` was given */
  call<Name extends keyof Out & string>(
    name: Name,
    ask: Ask<Out, Name>,
    transfer: Transferable[] = [],
  ): Promise<Answer<Out, Name>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    this.#port.postMessage({ id, name, ask }, transfer);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    });
  }

  /** Ends the calls that wait, and all later ones, with an error. */
  close(error: MonError): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #take(message: Message): void {
    if ('name' in message) {
      this.#serve(message.id, message.name, message.ask);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    // The other side may still answer what `close` has ended.
    if (waiting === undefined) return;
    this.#waiting.delete(message.id);
    if ('error' in message) waiting.reject(new MonError(message.error));
    else waiting.resolve(message.answer);
  }

  #serve(id: number, name: string, ask: unknown): void {
    const handler = this.#handlers[name] as ((ask: unknown) => unknown) | undefined;
    assert(handler !== undefined, `no handler for the call ${name}`);
    let answer: unknown;
    try {
      answer = handler(ask);
    } catch (error) {
      this.#refuse(id, error);
      return;
    }
    if (!(answer instanceof Promise)) this.#answer(id, answer);
    else {
      answer.then(
        (value) => this.#answer(id, value),
        (error) => this.#refuse(id, error),
      );
    }
  }

  #answer(id: number, value: unknown): void {
    if (value instanceof Transferred) {
      this.#port.postMessage({ id, answer: value.answer }, value.transfer);
    } else {
      this.#port.postMessage({ id, answer: value }, []);
    }
  }

  #refuse(id: number, error: unknown): void {
    if (!(error instanceof MonError)) {
      // Out of any promise, so that the thread ends and its owner learns why.
      process.nextTick(() => {
        throw error;
      });
      return;
    }
    this.#port.postMessage({ id, error: errorFrame(error) }, []);
  }
}
