import {
  type Dialect,
  type DialectAnswer,
  DialectChoice,
  LOST_FRAMES_MAX,
  REMEMBERED_MS,
} from '@mon/agent/send/dialect';
import t from 'tap';

const NOTHING: DialectAnswer = { status: 204, saysWritten: false, offersWire: false, code: '' };
const WRITTEN = { ...NOTHING, saysWritten: true };
const OFFER = { ...WRITTEN, offersWire: true };
const LOST = { ...NOTHING, status: 409, code: 'wire-session-lost' };

t.test('DialectChoice 1: begins with 2.0 and stays where it is taken', async (t) => {
  const choice = new DialectChoice(undefined);
  t.equal(choice.at(0), 'remote-write-2');
  t.equal(choice.note('remote-write-2', WRITTEN, 0), 'answered');
  t.equal(choice.note('remote-write-2', { ...NOTHING, status: 400 }, 0), 'answered');
  t.equal(choice.at(0), 'remote-write-2');
});

t.test('DialectChoice 2: goes over to 1.0 where 2.0 is not understood, for a while', async (t) => {
  for (const status of [415, 400, 200, 204]) {
    const choice = new DialectChoice(undefined);
    t.equal(choice.note('remote-write-2', { ...NOTHING, status }, 0), 'send-again', `${status}`);
    t.equal(choice.at(1), 'remote-write-1');
    t.equal(choice.note('remote-write-1', NOTHING, 1), 'answered');
    t.equal(choice.at(REMEMBERED_MS - 1), 'remote-write-1');
    t.equal(choice.at(REMEMBERED_MS), 'remote-write-2');
  }
});

t.test('DialectChoice 2: what says nothing of the protocol changes nothing', async (t) => {
  const choice = new DialectChoice(undefined);
  for (const status of [429, 500, 503, 401, 404]) {
    t.equal(choice.note('remote-write-2', { ...NOTHING, status }, 0), 'answered');
    t.equal(choice.at(0), 'remote-write-2');
  }
});

t.test('DialectChoice 3: takes up the mon wire where it is offered', async (t) => {
  const choice = new DialectChoice(undefined);
  t.equal(choice.note('remote-write-2', OFFER, 0), 'answered');
  t.equal(choice.at(0), 'mon-wire');
  t.equal(choice.note('mon-wire', { ...WRITTEN, status: 400 }, 0), 'answered');
  t.equal(choice.note('mon-wire', { ...NOTHING, status: 503 }, 0), 'answered');
  t.equal(choice.at(0), 'mon-wire');
});

t.test('DialectChoice 4 and 5: begins anew, then gives up on the mon wire', async (t) => {
  const choice = new DialectChoice(undefined);
  choice.note('remote-write-2', OFFER, 0);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < LOST_FRAMES_MAX; i++) {
      t.equal(choice.note('mon-wire', LOST, 0), 'send-again');
      t.equal(choice.at(0), 'mon-wire');
    }
    t.equal(choice.note('mon-wire', WRITTEN, 0), 'answered', 'one that is taken counts anew');
  }
  for (let round = 0; round < 5; round++) {
    choice.note('mon-wire', LOST, 0);
    t.equal(choice.note('mon-wire', { ...NOTHING, status: 503 }, 0), 'answered');
    t.equal(choice.at(0), 'mon-wire', 'a full disk in between is no reason');
  }
  for (let i = 0; i <= LOST_FRAMES_MAX; i++) choice.note('mon-wire', LOST, 0);
  t.equal(choice.at(0), 'remote-write-2');
  t.equal(choice.note('remote-write-2', OFFER, 0), 'answered');
  t.equal(choice.at(REMEMBERED_MS - 1), 'remote-write-2', 'an offer is not taken up at once');
  t.equal(choice.at(REMEMBERED_MS), 'mon-wire');
});

t.test('DialectChoice 5: leaves the mon wire where nobody knows frames', async (t) => {
  for (const status of [400, 404, 405, 415]) {
    const choice = new DialectChoice(undefined);
    choice.note('remote-write-2', OFFER, 0);
    t.equal(choice.note('mon-wire', { ...NOTHING, status }, 0), 'send-again');
    t.equal(choice.at(0), 'remote-write-2');
  }
});

t.test('DialectChoice sends a configured message and nothing else', async (t) => {
  for (const pinned of ['remote-write-1', 'remote-write-2'] satisfies Dialect[]) {
    const choice = new DialectChoice(pinned);
    t.equal(choice.note(pinned, { ...OFFER, status: 415 }, 0), 'answered');
    t.equal(choice.at(0), pinned);
  }
});
