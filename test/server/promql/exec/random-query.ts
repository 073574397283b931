/**
 * Random queries over the metrics `a` and `b` with the labels x and y: what the naive evaluator
 * knows, in all combinations.
 */

/** A seeded source of numbers in [0, 1). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export class RandomQuery {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  vector(depth: number): string {
    if (depth === 0) return this.#selector();
    return this.#pick<() => string>([
      () => this.#selector(),
      () => `${this.#pick(['sum', 'avg', 'count', 'max', 'min'])}_over_time(${this.#range(depth)})`,
      () => `${this.#pick(['last_over_time', 'changes'])}(${this.#range(depth)})`,
      () => `${this.#pick(['sum', 'avg', 'count', 'max', 'min'])}${this.#clause(depth)}`,
      () => `-${this.vector(depth - 1)}`,
      () => `abs(${this.vector(depth - 1)})`,
      () => `(${this.vector(depth - 1)} ${this.#withScalar()} ${this.#scalar(depth - 1)})`,
      () => `(${this.#scalar(depth - 1)} ${this.#withScalar()} ${this.vector(depth - 1)})`,
      () => `(${this.vector(depth - 1)} ${this.#matched()} ${this.vector(depth - 1)})`,
      () => `(${this.vector(depth - 1)} ${this.#matched()} ${this.vector(depth - 1)})`,
    ])();
  }

  #selector(): string {
    return `${this.#matchers()}${this.#shift()}`;
  }

  #matchers(): string {
    return this.#pick([
      'a',
      'b',
      '{__name__=~"a|b"}',
      'a{x="1"}',
      'b{x!="1"}',
      'a{y=~"1|2"}',
      '{__name__=~"a|b", x="2", y="1"}',
    ]);
  }

  #shift(): string {
    const offset = this.#pick(['', '', '', ' offset 45s', ' offset -90s']);
    const at = this.#pick(['', '', '', '', ' @ 400', ' @ start()', ' @ end()']);
    return `${at}${offset}`;
  }

  #range(depth: number): string {
    const rangeS = this.#pick([30, 60, 95, 300]);
    if (this.#random() < 0.6) return `${this.#matchers()}[${rangeS}s]${this.#shift()}`;
    const step = this.#pick(['', '20s', '45s', '1m']);
    return `(${this.vector(depth - 1)})[${rangeS}s:${step}]${this.#shift()}`;
  }

  #clause(depth: number): string {
    const grouping = this.#pick(['', ' by (x)', ' by (y, x)', ' without (y)', ' without (x, z)']);
    return `${grouping} (${this.vector(depth - 1)})`;
  }

  #scalar(depth: number): string {
    const simple = ['3', 'time()', '-2'];
    if (depth === 0) return this.#pick(simple);
    return this.#pick([...simple, `scalar(${this.vector(depth - 1)})`]);
  }

  #withScalar(): string {
    return this.#pick(['+', '-', '*', '>', '<=', '!=', '> bool', '<= bool']);
  }

  #matched(): string {
    const operator = this.#pick(['+', '-', '*', '>', '<=', '> bool', 'and', 'or', 'unless']);
    const on = this.#pick(['', '', ' on (x, y)', ' ignoring (y)', ' on (x)']);
    const isSet = ['and', 'or', 'unless'].includes(operator);
    const group = !isSet && on !== '' && this.#random() < 0.5 ? ' group_left ()' : '';
    return `${operator}${on}${group}`;
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}
