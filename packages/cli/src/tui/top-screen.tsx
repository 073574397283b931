/**
 * `mon top` on a terminal: ink carries keys to the state and the state's lines to the screen.
 *
 * Ink draws on the alternate screen and puts the terminal right again at the end, also on signals.
 */
import type { ApiClient } from '@mon/server/api/client';
import type { Clock } from '@mon/storage/model/clock';
import { type Key, render, useApp, useInput, useWindowSize } from 'ink';
import { type ReactElement, useEffect, useReducer, useRef, useState } from 'react';
import { beforeLastError } from '../last-error.ts';
import { SYSTEM_ZONE } from '../print/time-axis.ts';
import { StyledLines } from './styled-lines.tsx';
import { TopFeed } from './top-feed.ts';
import { type KeyPress, keyAction } from './top-keys.ts';
import { INITIAL_STATE, reduceTop, selectedHost, type TopState } from './top-state.ts';
import { topLayout, topView } from './top-view.ts';

export interface TopOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly colors: boolean;
  /** What the charts show at first: one of WINDOWS_MS. */
  readonly windowMs?: number;
  /** Quits the screen from outside. */
  readonly signal?: AbortSignal;
  /** A terminal; the process's own where left out. */
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
}

/**
 * Shows the screen until it is quit.
 *
 * @throws MonError `not-authorised`
 */
export async function runTop(options: TopOptions): Promise<void> {
  const { stdin = process.stdin, stdout = process.stdout } = options;
  const screen = render(<TopScreen {...options} />, {
    stdin,
    stdout,
    // A terminal is a terminal, whatever ink thinks of the environment (CI).
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    exitOnCtrlC: true,
  });
  options.signal?.addEventListener('abort', () => screen.unmount(), { once: true });
  const forget = beforeLastError(() => screen.unmount());
  try {
    await screen.waitUntilExit();
  } finally {
    forget();
  }
}

function TopScreen(options: TopOptions): ReactElement {
  const { client, clock, intervalMs, colors, windowMs = INITIAL_STATE.windowMs } = options;
  const [state, tell] = useReducer(reduceTop, { ...INITIAL_STATE, windowMs });
  const size = useWindowSize();
  const { exit } = useApp();
  const feed = useFeed({ client, clock, intervalMs, state, tell, giveUp: exit });
  const host = selectedHost(state)?.host;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another host or window wants new charts
  useEffect(() => feed.refreshHistory(), [feed, host, state.windowMs]);
  useInput((input, key) => {
    const press = keyPress(input, key);
    if (press === undefined) return;
    const pageRows = Math.max(1, topLayout(state, size).listRows - 1);
    const action = keyAction(press, { isFiltering: state.isFiltering, pageRows });
    if (action?.kind === 'quit') exit();
    else if (action !== undefined) tell(action);
  });
  const frame = { size, server: client.server, intervalMs, zone: SYSTEM_ZONE };
  return <StyledLines lines={topView(state, frame)} colors={colors} />;
}

interface FeedHook {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly state: TopState;
  readonly tell: (event: Parameters<typeof reduceTop>[1]) => void;
  readonly giveUp: (error: Error) => void;
}

/** A feed that lives as long as the screen and sees the newest state. */
function useFeed({ state, ...options }: FeedHook): TopFeed {
  const newest = useRef(state);
  newest.current = state;
  const [feed] = useState(() => {
    const wish = () => {
      const { windowMs, isPaused } = newest.current;
      return { host: selectedHost(newest.current)?.host, windowMs, isPaused };
    };
    return new TopFeed({ ...options, wish });
  });
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  return feed;
}

/** A key in our own words; undefined for chords and keys without a meaning here. */
function keyPress(input: string, key: Key): KeyPress | undefined {
  if (key.upArrow) return { input, name: 'up' };
  if (key.downArrow) return { input, name: 'down' };
  if (key.pageUp) return { input, name: 'page-up' };
  if (key.pageDown) return { input, name: 'page-down' };
  if (key.home) return { input, name: 'home' };
  if (key.end) return { input, name: 'end' };
  if (key.return) return { input, name: 'enter' };
  if (key.escape) return { input, name: 'escape' };
  if (key.backspace || key.delete) return { input, name: 'erase' };
  if (key.ctrl || key.meta || input === '') return undefined;
  return { input, name: 'text' };
}
