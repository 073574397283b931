/**
 * Keys of `mon top`: what each does, in the words of the footer and of the help screen.
 */
import type { Sort, TopEvent } from './top-state.ts';

/** A key press, as ink gives it. */
export interface KeyPress {
  readonly input: string;
  readonly name:
    | 'up'
    | 'down'
    | 'page-up'
    | 'page-down'
    | 'home'
    | 'end'
    | 'enter'
    | 'escape'
    | 'erase'
    | 'text';
}

export type KeyAction = TopEvent | { readonly kind: 'quit' };

const FAR = 1_000_000;

const SORT_KEYS: Readonly<Record<string, Sort>> = {
  H: 'host',
  c: 'cpu',
  m: 'memory',
  l: 'load',
  d: 'disk',
  f: 'full',
  n: 'network',
  a: 'alerts',
};

const PLAIN_KEYS: Readonly<Record<string, KeyAction>> = {
  q: { kind: 'quit' },
  '/': { kind: 'filter-open' },
  '?': { kind: 'help' },
  s: { kind: 'next-sort' },
  r: { kind: 'reverse' },
  '+': { kind: 'zoom', by: -1 },
  '=': { kind: 'zoom', by: -1 },
  '-': { kind: 'zoom', by: 1 },
  ' ': { kind: 'pause' },
  p: { kind: 'pause' },
  j: { kind: 'move', by: 1 },
  k: { kind: 'move', by: -1 },
  g: { kind: 'move', by: -FAR },
  G: { kind: 'move', by: FAR },
};

/** What a key does; undefined for keys without a meaning. `pageRows` is what PgUp and PgDn move. */
export function keyAction(
  key: KeyPress,
  { isFiltering, pageRows }: { readonly isFiltering: boolean; readonly pageRows: number },
): KeyAction | undefined {
  switch (key.name) {
    case 'up':
      return { kind: 'move', by: -1 };
    case 'down':
      return { kind: 'move', by: 1 };
    case 'page-up':
      return { kind: 'move', by: -pageRows };
    case 'page-down':
      return { kind: 'move', by: pageRows };
    case 'home':
      return { kind: 'move', by: -FAR };
    case 'end':
      return { kind: 'move', by: FAR };
    case 'enter':
      return { kind: 'filter-close' };
    case 'escape':
      return { kind: 'escape' };
    case 'erase':
      return isFiltering ? { kind: 'filter-erase' } : undefined;
    case 'text': {
      if (isFiltering) {
        const text = key.input.replace(/[^\p{L}\p{N}\p{P}\p{S}]/gu, '');
        return text === '' ? undefined : { kind: 'filter-type', text };
      }
      const sort = SORT_KEYS[key.input];
      return sort === undefined ? PLAIN_KEYS[key.input] : { kind: 'sort', sort };
    }
  }
}

/** Keys and meanings for the help screen. */
export const HELP: readonly (readonly [keys: string, meaning: string])[] = [
  ['up down j k', 'choose a host'],
  ['PgUp PgDn g G', 'a page, first, last'],
  ['/', 'show only hosts whose name contains what you type; Esc ends it'],
  ['c m l d f n', 'order by cpu, memory, load, disk, fullest filesystem, network'],
  ['a H', 'order by alerts, host name'],
  ['s r', 'order by the next column, turn the order round'],
  ['+ -', 'shorter or longer charts, 5 minutes to a day'],
  ['space p', 'pause'],
  ['?', 'this help'],
  ['q Ctrl-C', 'quit'],
];
