import { type KeyPress, keyAction } from '@mon/cli/tui/top-keys';
import {
  reduceTop,
  selectedHost,
  shownHosts,
  type TopEvent,
  type TopState,
} from '@mon/cli/tui/top-state';
import t from 'tap';
import { hostRow, NOW_MS, SAMPLE } from './sample-state.ts';

const after = (state: TopState, ...events: readonly TopEvent[]): TopState =>
  events.reduce(reduceTop, state);
const names = (state: TopState): string[] => shownHosts(state).map(({ host }) => host);

t.test('shownHosts() orders by the chosen column, silent hosts last', async (t) => {
  t.same(names(SAMPLE), ['web-2', 'web-1', 'cache-1']);
  t.same(names(after(SAMPLE, { kind: 'reverse' })), ['web-1', 'web-2', 'cache-1']);
  t.same(names(after(SAMPLE, { kind: 'sort', sort: 'host' })), ['web-1', 'web-2', 'cache-1']);
  const unknown = { ...SAMPLE, hosts: [hostRow('a', { load: undefined }), hostRow('b')] };
  const byLoad = after(unknown, { kind: 'sort', sort: 'load' });
  t.same(names(byLoad), ['b', 'a'], 'a missing figure comes last');
  t.same(names(after(byLoad, { kind: 'reverse' })), ['b', 'a'], 'in either direction');
});

t.test('reduceTop() sort turns round when its column is chosen again', async (t) => {
  const twice = after(SAMPLE, { kind: 'sort', sort: 'load' }, { kind: 'sort', sort: 'load' });
  t.match(twice, { sort: 'load', isReversed: true });
  t.match(after(twice, { kind: 'next-sort' }), { sort: 'disk', isReversed: false });
});

t.test('reduceTop() move keeps to the hosts shown', async (t) => {
  t.equal(selectedHost(SAMPLE)?.host, 'web-2', 'the first where none is chosen');
  const second = after(SAMPLE, { kind: 'move', by: 1 });
  t.equal(selectedHost(second)?.host, 'web-1');
  t.equal(selectedHost(after(second, { kind: 'reverse' }))?.host, 'web-1', 'the choice is a host');
  t.equal(selectedHost(after(second, { kind: 'move', by: 1e6 }))?.host, 'cache-1');
  t.equal(selectedHost(after(second, { kind: 'move', by: -1e6 }))?.host, 'web-2');
});

t.test('reduceTop() filter narrows by name until it is escaped', async (t) => {
  const typed = after(
    SAMPLE,
    { kind: 'filter-open' },
    { kind: 'filter-type', text: 'WEBx' },
    { kind: 'filter-erase' },
  );
  t.same(names(typed), ['web-2', 'web-1']);
  t.match(after(typed, { kind: 'filter-close' }), { isFiltering: false, filter: 'WEB' });
  t.match(after(typed, { kind: 'escape' }), { isFiltering: false, filter: '' });
});

t.test('reduceTop() refreshed keeps hosts that vanished and clears the fault', async (t) => {
  const failed = after(SAMPLE, { kind: 'failed', nowMs: NOW_MS + 1, fault: 'gone' });
  t.match(failed, { fault: 'gone', isLoaded: true });
  t.same(names(failed), names(SAMPLE), 'the last figures stay in view');
  const back = after(failed, {
    kind: 'refreshed',
    nowMs: NOW_MS + 600_000,
    hosts: [hostRow('web-1', { seenSeconds: NOW_MS / 1000 + 600 })],
    alerts: [],
  });
  t.equal(back.fault, undefined);
  t.same(names(back), ['web-1', 'web-2', 'cache-1']);
});

t.test('reduceTop() zoom stops at either end', async (t) => {
  const zoom = (by: -1 | 1) => Array.from({ length: 9 }, (): TopEvent => ({ kind: 'zoom', by }));
  t.equal(after(SAMPLE, ...zoom(-1)).windowMs, 5 * 60_000);
  t.equal(after(SAMPLE, ...zoom(1)).windowMs, 24 * 3600_000);
});

t.test('keyAction() types into an open filter, and acts otherwise', async (t) => {
  const press = (input: string, name: KeyPress['name'] = 'text') => ({ input, name });
  const closed = { isFiltering: false, pageRows: 5 };
  const open = { isFiltering: true, pageRows: 5 };
  t.same(keyAction(press('q'), closed), { kind: 'quit' });
  t.same(keyAction(press('q'), open), { kind: 'filter-type', text: 'q' });
  t.same(keyAction(press('m'), closed), { kind: 'sort', sort: 'memory' });
  t.same(keyAction(press('', 'page-down'), closed), { kind: 'move', by: 5 });
  t.same(keyAction(press('', 'erase'), open), { kind: 'filter-erase' });
  t.equal(keyAction(press('', 'erase'), closed), undefined);
  t.equal(keyAction(press('\u0007'), open), undefined, 'no control characters');
  t.equal(keyAction(press('x'), closed), undefined);
});
