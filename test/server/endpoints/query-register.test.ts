/** Queries under way: listed by tenant, ended on an operator's word. */

import { QueryRegister, type QueryTicket } from '@mon/server/endpoints/query-register';
import { QuerySlots } from '@mon/server/endpoints/query-slots';
import { MetricRegistry } from '@mon/server/metrics/registry';
import { ManualClock } from '@mon/storage/model/manual-clock';
import { tenantId } from '@mon/storage/model/tenant';
import t from 'tap';
import { NOW_MS, startTestServer } from '../running-server.ts';

const TENANT = tenantId('default');
const RANGE = { kind: 'range', startMs: 0, endMs: 60_000, stepMs: 15_000 } as const;

function started(register: QueryRegister, query: string) {
  const tickets = Promise.withResolvers<QueryTicket>();
  const asker = new AbortController();
  const outcome = register.run(
    { tenant: TENANT, query, times: RANGE, client: 'test/1' },
    asker.signal,
    (ticket) => {
      tickets.resolve(ticket);
      return new Promise<string>((_, reject) => {
        ticket.signal.addEventListener('abort', () => reject(ticket.signal.reason));
      });
    },
  );
  return { outcome, ticket: tickets.promise, asker };
}

t.test('queries are listed while they run, with what they read', async (t) => {
  const clock = new ManualClock(NOW_MS);
  const register = new QueryRegister(clock);
  const { outcome, ticket, asker } = started(register, 'rate(a[5m])');
  await clock.advance(1500);
  const waiting = register.list(TENANT);
  t.match(waiting, [
    { state: 'waiting', query: 'rate(a[5m])', elapsedSeconds: 1.5, client: 'test/1' },
  ]);
  t.match(waiting[0], { kind: 'range', start: 0, end: 60, step: 15 });
  const progress = { seriesRead: 2, samplesRead: 10 };
  (await ticket).onStart(progress);
  progress.samplesRead = 20;
  t.match(register.list(TENANT), [{ state: 'running', seriesRead: 2, samplesRead: 20 }]);
  t.same(register.list(tenantId('other')), [], 'of no concern to others');
  asker.abort(new Error('gone'));
  await t.rejects(outcome, /gone/);
  t.same(register.list(TENANT), []);
});

t.test('a killed query ends with query-killed, others go on', async (t) => {
  const register = new QueryRegister(new ManualClock(NOW_MS));
  const first = started(register, 'a');
  const second = started(register, 'b');
  const id = String(register.list(TENANT)[1]?.id);
  t.throws(() => register.kill(tenantId('other'), id), { code: 'no-such-query' });
  t.match(register.kill(TENANT, id), { query: 'b' });
  await t.rejects(second.outcome, { code: 'query-killed' });
  t.match(register.list(TENANT), [{ query: 'a' }]);
  t.throws(() => register.kill(TENANT, id), { code: 'no-such-query' });
  t.throws(() => register.kill(TENANT, 'x'), { code: 'no-such-query' });
  first.asker.abort();
  await t.rejects(first.outcome);
});

t.test('a query that waits for its turn can be killed', async (t) => {
  const register = new QueryRegister(new ManualClock(NOW_MS));
  const registry = new MetricRegistry();
  const slots = new QuerySlots({ concurrencyMax: 1, queueMax: 10, registry });
  const held = Promise.withResolvers<string>();
  const holding = slots.run(new AbortController().signal, () => held.promise);
  const waiting = register.run(
    { tenant: TENANT, query: 'b', times: RANGE, client: '' },
    new AbortController().signal,
    (ticket) => slots.run(ticket.signal, async () => 'never'),
  );
  register.kill(TENANT, String(register.list(TENANT)[0]?.id));
  await t.rejects(waiting, { code: 'query-killed' });
  held.resolve('done');
  t.equal(await holding, 'done');
});

t.test('the endpoints answer', async (t) => {
  const server = await startTestServer(t, { yaml: '' });
  t.match(await server.ask('/api/v1/status/queries'), { status: 200, json: { data: [] } });
  const answer = await fetch(`${server.url}/api/v1/admin/queries/99`, { method: 'DELETE' });
  t.equal(answer.status, 404);
  t.match(await answer.json(), { status: 'error', errorType: 'not_found', code: 'no-such-query' });
});
