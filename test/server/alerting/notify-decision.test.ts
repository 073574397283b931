import {
  decideNotify,
  type GroupState,
  type LastNotice,
} from '@mon/server/alerting/notify-decision';
import t from 'tap';

const HOUR = 3600_000;

function decide(last: Partial<LastNotice> | undefined, state: Partial<GroupState>): string {
  const decision = decideNotify(last && { firing: [], resolved: [], atMs: 10 * HOUR, ...last }, {
    firing: [],
    resolved: [],
    nowMs: 11 * HOUR,
    repeatIntervalMs: 4 * HOUR,
    sendsResolved: true,
    ...state,
  });
  return `${decision.kind}: ${decision.reason}`;
}

t.test('N9: decideNotify() tells of a group for the first time once something fires', async (t) => {
  t.equal(decide(undefined, { firing: ['a'] }), 'notify: first-firing');
  t.equal(decide(undefined, { resolved: ['a'] }), 'skip: nothing-firing');
});

t.test('N10: decideNotify() tells of an alert that is new', async (t) => {
  t.equal(decide({ firing: ['a'] }, { firing: ['a', 'b'] }), 'notify: new-firing');
  t.equal(decide({ firing: ['a', 'b'] }, { firing: ['a'] }), 'skip: already-told');
});

t.test('N11: decideNotify() tells when nothing fires any more, send_resolved or not', async (t) => {
  const state = { resolved: ['a'], sendsResolved: false };
  t.equal(decide({ firing: ['a'] }, state), 'notify: all-resolved');
  t.equal(decide({ firing: [], resolved: ['a'] }, state), 'skip: already-resolved');
});

t.test('N12: decideNotify() tells of one more resolved alert to who wants it', async (t) => {
  const last = { firing: ['a', 'b'] };
  t.equal(decide(last, { firing: ['a'], resolved: ['b'] }), 'notify: new-resolved');
  const unwanted = { firing: ['a'], resolved: ['b'], sendsResolved: false };
  t.equal(decide(last, unwanted), 'skip: already-told');
});

t.test('N13: decideNotify() repeats after the interval and not at it', async (t) => {
  const last = { firing: ['a'] };
  t.equal(decide(last, { firing: ['a'], nowMs: 14 * HOUR }), 'skip: already-told');
  t.equal(decide(last, { firing: ['a'], nowMs: 14 * HOUR + 1 }), 'notify: repeat-interval');
});

t.test('N14: decideNotify() keeps quiet of what came and went between two flushes', async (t) => {
  t.equal(decide({ firing: [], resolved: ['x'] }, { resolved: ['a'] }), 'skip: already-resolved');
});
