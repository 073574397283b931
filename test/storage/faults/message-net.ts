/**
 * Message ports of threads that are none: all sides live on this thread, and a seed chooses whose
 * message arrives next. Messages of one port keep their order, as those of real ports do.
 */
import { setImmediate } from 'node:timers/promises';
import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Random } from '../random.ts';

/** Turns of the event loop without a message after which nothing more is expected. */
const IDLE_TURNS = 3;

/** Rounds without a message after which what is waited for will not come. */
const STUCK_ROUNDS = 100;

type Listener = (message: unknown) => void;

class NetPort {
  readonly inbox: unknown[] = [];
  peer: NetPort | undefined;
  readonly #net: MessageNet;
  #listener: Listener | undefined;

  constructor(net: MessageNet) {
    this.#net = net;
  }

  on(_event: 'message', listener: Listener): void {
    this.#listener = listener;
  }

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    const copy = structuredClone(message, { transfer: transfer as never[] });
    if (!this.#net.hasEnded) this.peer?.inbox.push(copy);
  }

  close(): void {}

  deliver(): void {
    this.#listener?.(this.inbox.shift());
  }
}

export class MessageNet {
  readonly #random: Random;
  readonly #ports: NetPort[] = [];
  readonly #tasks: (() => void)[] = [];
  hasEnded = false;

  constructor(random: Random) {
    this.#random = random;
  }

  channel(): { readonly port1: MessagePort; readonly port2: MessagePort } {
    const [a, b] = [new NetPort(this), new NetPort(this)];
    a.peer = b;
    b.peer = a;
    this.#ports.push(a, b);
    // The storage uses no more of a port than is here.
    return { port1: a as unknown as MessagePort, port2: b as unknown as MessagePort };
  }

  /** Something a thread does when its turn comes. */
  schedule(task: () => void): void {
    this.#tasks.push(task);
  }

  /** All threads end; messages under way are lost. */
  end(): void {
    this.hasEnded = true;
    for (const port of this.#ports) port.inbox.length = 0;
    this.#tasks.length = 0;
  }

  get #isBusy(): boolean {
    return this.#tasks.length > 0 || this.#ports.some((port) => port.inbox.length > 0);
  }

  /** Lets messages arrive and tasks run, one at a time; at most so many. */
  async run(stepsMax = Number.POSITIVE_INFINITY): Promise<void> {
    let idle = 0;
    for (let steps = 0; steps < stepsMax && !this.hasEnded; steps++) {
      const full = this.#ports.filter((port) => port.inbox.length > 0);
      const choice = this.#random.next(full.length + this.#tasks.length || 1);
      if (choice < full.length) full[choice]?.deliver();
      else this.#tasks.splice(choice - full.length, 1)[0]?.();
      idle = full.length + this.#tasks.length > 0 ? 0 : idle + 1;
      if (idle > IDLE_TURNS) return;
      await setImmediate();
    }
  }

  /** Runs until a promise is settled, and answers as it does. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    promise.then(settled, settled);
    for (let idle = 0; !isSettled && !this.hasEnded && idle < STUCK_ROUNDS; idle++) {
      if (this.#isBusy) idle = 0;
      await this.run(8);
      await setImmediate();
    }
    if (!isSettled) throw new Error('what was waited for never came');
    return promise;
  }
}
