import { AlertStateStore } from '@mon/server/rules/alert-state-store';
import { HEARTBEAT_MS, RunningRules } from '@mon/server/rules/running-rules';
import { tickGrid } from '@mon/server/rules/ticks';
import type { MonError } from '@mon/storage/model/error';
import { MemoryMetaStore } from '@mon/storage/model/memory-meta-store';
import type { MetaChange } from '@mon/storage/model/meta-store';
import type { TenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { diskFull, groupOf, RuleBench, row } from './rule-bench.ts';

const MINUTE = 60_000;
const TENANT = 'default' as TenantId;

/** Rules that outlive a restart: the disk and the clock stay, everything else is new. */
class Host {
  readonly meta = new MemoryMetaStore();
  readonly bench = new RuleBench();
  readonly jumps: number[] = [];
  readonly failures: MonError[] = [];
  rules = this.#make();

  #make(): RunningRules {
    return new RunningRules({
      surroundings: this.bench.surroundings,
      defaults: { intervalMs: MINUTE, queryOffsetMs: 0 },
      store: new AlertStateStore(this.meta, (error) => this.failures.push(error)),
      onJump: (byMs) => this.jumps.push(byMs),
    });
  }

  async start(...texts: readonly string[]): Promise<void> {
    await this.rules.open();
    await this.replace(...texts);
    await this.rules.settle();
  }

  replace(...texts: readonly string[]): Promise<void> {
    return this.rules.replace(
      TENANT,
      texts.map((text) => ({
        owner: { kind: 'config' },
        group: groupOf(text),
        receivers: () => [],
      })),
    );
  }

  /** As after kill -9: nothing is closed, timers are gone. */
  async crash(downMs: number, ...texts: readonly string[]): Promise<void> {
    const dead = this.rules;
    const { written } = await this.#freeze(dead);
    await this.bench.clock.advance(downMs);
    for (const change of written) await this.meta.write([change]);
    this.rules = this.#make();
    await this.start(...texts);
  }

  /** Closes the old rules without letting them write, as they would not have. */
  async #freeze(dead: RunningRules): Promise<{ written: MetaChange[] }> {
    const before = await this.meta.list('');
    await dead.close();
    const after = await this.meta.list('');
    const written: MetaChange[] = [];
    for (const { key, value } of before) written.push({ kind: 'put', key, value });
    for (const { key } of after) {
      if (!before.some((entry) => entry.key === key)) written.push({ kind: 'delete', key });
    }
    return { written };
  }

  states(): string[] {
    return this.rules.allGroups().flatMap(({ evaluator }) =>
      evaluator.statuses.flatMap(({ alerts }) =>
        [...alerts.values()].map(({ labels, state, activeAtMs }) => {
          return `${labels[1]} ${state} since ${(activeAtMs - 1_700_000_000_000) / 1000}`;
        }),
      ),
    );
  }
}

function rules(name: string, ...bodies: readonly string[]): string {
  const items = bodies.map((body) => `  - ${body}\n`).join('');
  return `groups:\n- name: ${name}\n  rules:\n${items}`;
}

const DOWN = '{alert: Down, expr: up == 0, for: 5m}';
const G = rules('g', DOWN);
const OFFSET = tickGrid('default/config/a.yml;g', MINUTE).offsetMs;
/** Start of the bench's clock, seconds after a whole minute. */
const START = 1_700_000_000_000 % MINUTE;
/** Milliseconds from the start to the first tick of the group g. */
const FIRST = (OFFSET - START + MINUTE) % MINUTE || MINUTE;

t.test('R14: RunningRules evaluates at fixed times of the interval', async (t) => {
  const host = new Host();
  const times: number[] = [];
  host.bench.beforeAnswer = async ({ timeMs }) => {
    times.push(timeMs);
  };
  await host.start(G);
  await host.bench.clock.advance(3 * MINUTE);
  t.equal(times.length, 3);
  t.ok(times.every((timeMs) => timeMs % MINUTE === OFFSET));
  await host.rules.close();
});

t.test('R14: RunningRules leaves out and counts the times a slow evaluation covers', async (t) => {
  const host = new Host();
  const times: number[] = [];
  host.bench.beforeAnswer = async ({ timeMs }) => {
    times.push(timeMs);
    if (times.length === 1) {
      await new Promise<void>((resolve) => host.bench.clock.after(2.5 * MINUTE, resolve));
    }
  };
  await host.start(G);
  await host.bench.clock.advance(FIRST + 4 * MINUTE);
  t.same(
    times.map((timeMs) => (timeMs - (times[0] ?? 0)) / MINUTE),
    [0, 3, 4],
  );
  t.match(await host.bench.registry.exposition(), /iterations_missed_total 2/);
  await host.rules.close();
});

t.test('tickGrid() spreads groups over the interval', async (t) => {
  const offsets = Array.from({ length: 400 }, (_, i) => tickGrid(`group ${i}`, MINUTE).offsetMs);
  const quarters = [0, 1, 2, 3].map((quarter) => {
    return offsets.filter((ms) => Math.floor(ms / 15_000) === quarter).length;
  });
  t.ok(
    quarters.every((count) => count > 60),
    quarters.join(' '),
  );
});

t.test(
  'R15: a restart does not forget a pending alert; the time down does not count',
  async (t) => {
    const host = new Host();
    host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
    await host.start(G);
    await host.bench.clock.advance(FIRST + 2 * MINUTE);
    t.same(host.states(), [`Down pending since ${FIRST / 1000}`]);
    await host.crash(10 * MINUTE, G);
    const [state = ''] = host.states();
    const since = Number(/since (.*)/.exec(state)?.[1]) - FIRST / 1000;
    t.ok(since >= 600 && since <= 600 + HEARTBEAT_MS / 1000, `moved by ${since} s`);
    await host.bench.clock.advance(2 * MINUTE);
    t.same(host.bench.takeSent(), [], 'two minutes before and two after are not five');
    await host.bench.clock.advance(2 * MINUTE);
    t.match(host.bench.takeSent()[0], 'Down/a firing');
    await host.rules.close();
  },
);

t.test('R16: after more than an hour down what was pending starts anew', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  await host.start(G);
  await host.bench.clock.advance(FIRST + 2 * MINUTE);
  await host.crash(90 * MINUTE, G);
  t.same(host.states(), []);
  await host.bench.clock.advance(MINUTE);
  t.match(host.states(), [/pending since 5\d\d\d/]);
  await host.rules.close();
});

t.test('R17: what fired before a restart is announced at once and fires on', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  await host.start(G);
  await host.bench.clock.advance(FIRST + 6 * MINUTE);
  const [first] = host.bench.sent;
  host.bench.takeSent();
  await host.crash(3 * 60 * MINUTE, G);
  t.same(host.bench.sent, [first], 'before any evaluation, as it was');
  await host.bench.clock.advance(MINUTE);
  t.equal(host.bench.sent.at(-1)?.startsAtMs, first?.startsAtMs);
  await host.rules.close();
});

t.test('R18: what fired before a restart and is over is resolved', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  await host.start(G);
  await host.bench.clock.advance(FIRST + 6 * MINUTE);
  host.bench.answers.clear();
  host.bench.takeSent();
  await host.crash(5 * MINUTE, G);
  await host.bench.clock.advance(MINUTE);
  t.same(host.bench.takeSent(), ['Down/a firing', 'Down/a resolved']);
  await host.rules.close();
});

t.test('R18: alerts of rules that went away during a restart are forgotten', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  await host.start(G);
  await host.bench.clock.advance(FIRST + 6 * MINUTE);
  t.equal((await host.meta.list('alert-states/')).length, 1);
  await host.crash(MINUTE);
  t.same(await host.meta.list('alert-states/'), []);
  await host.rules.close();
});

for (const hours of [-5, 5, 24 * 365]) {
  t.test(`R19: a clock set by ${hours} h makes nothing fire early or late`, async (t) => {
    const host = new Host();
    host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
    await host.start(G);
    await host.bench.clock.advance(FIRST + 2 * MINUTE);
    host.bench.clock.jumpTo(host.bench.clock.nowMs() + hours * 3600_000);
    await host.bench.clock.advance(2 * MINUTE);
    t.same(host.jumps, [hours * 3600_000]);
    t.same(host.bench.takeSent(), []);
    t.equal(host.states().length, 1, 'still pending');
    await host.bench.clock.advance(2 * MINUTE);
    t.match(host.bench.takeSent()[0], 'Down/a firing');
    await host.rules.close();
  });
}

t.test('R20: removing a rule resolves its alerts and ends its series', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  host.bench.answers.set('up', [row({ job: 'a' }, 0)]);
  const record = '{record: up:copy, expr: up}';
  await host.start(rules('g', '{alert: Down, expr: up == 0}', record), rules('h', record));
  await host.bench.clock.advance(2 * MINUTE);
  host.bench.takeSent();
  host.bench.takeWritten();
  await host.replace(rules('h', record));
  t.same(host.bench.takeSent(), ['Down/a resolved']);
  t.match(host.bench.takeWritten(), [
    /ALERTS\{.*stale/,
    /ALERTS_FOR_STATE\{.*stale/,
    /up:copy\{.*stale/,
  ]);
  t.same(await host.meta.list('alert-states/'), []);
  await host.rules.close();
});

t.test('R21: a changed rule keeps its alerts, in its group and when it moves', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  host.bench.answers.set('up < 1', [row({ job: 'a' }, 0)]);
  await host.start(G);
  await host.bench.clock.advance(FIRST + 2 * MINUTE);
  const before = host.states();
  await host.replace(rules('g', '{alert: Down, expr: up < 1, for: 4m}'));
  t.same(host.states(), before, 'changed in place');
  await host.replace(rules('moved', '{alert: Down, expr: up < 1, for: 4m}'), rules('g'));
  t.same(host.states(), before, 'moved');
  t.same(host.bench.takeSent(), []);
  const stored = await host.meta.list('alert-states/');
  t.match(
    stored.map(({ key }) => decodeURIComponent(key)),
    [/moved/],
    'stored under the new group alone',
  );
  await host.bench.clock.advance(4 * MINUTE);
  t.match(host.bench.takeSent()[0], 'Down/a firing');
  await host.rules.close();
});

t.test(
  'R21: a copy of a rule in a new group does not take the alerts of the original',
  async (t) => {
    const host = new Host();
    host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
    await host.start(G);
    await host.bench.clock.advance(FIRST + 2 * MINUTE);
    const before = host.states();
    await host.replace(rules('copy', DOWN), rules('g', DOWN, '{record: x, expr: y}'));
    t.same(host.states(), before);
    await host.rules.close();
  },
);

t.test('replace() leaves groups that did not change alone', async (t) => {
  const host = new Host();
  await host.start(G);
  const [before] = host.rules.groups(TENANT);
  await host.replace(G, rules('h', DOWN));
  t.equal(host.rules.groups(TENANT)[0]?.evaluator, before?.evaluator);
  await host.rules.close();
});

t.test('states that the disk refused are written when it takes them again', async (t) => {
  const host = new Host();
  host.bench.answers.set('up == 0', [row({ job: 'a' }, 0)]);
  const { write } = host.meta;
  await host.start(G);
  host.meta.write = async () => {
    throw diskFull();
  };
  await host.bench.clock.advance(FIRST + MINUTE);
  t.ok(host.failures.length > 0);
  host.meta.write = write;
  await host.bench.clock.advance(HEARTBEAT_MS);
  t.equal((await host.meta.list('alert-states/')).length, 1);
  await host.rules.close();
});

t.test('close() waits for the evaluation under way', async (t) => {
  const host = new Host();
  let release = (): void => {};
  host.bench.beforeAnswer = () => new Promise((resolve) => (release = resolve));
  await host.start(G);
  await host.bench.clock.advance(FIRST);
  let isClosed = false;
  const closed = host.rules.close().then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(isClosed, false);
  release();
  await closed;
  t.ok(isClosed);
});
