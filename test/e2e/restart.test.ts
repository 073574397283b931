/**
 * What was answered with 2xx is there after kill -9, with any number of shards.
 */
import t from 'tap';
import { instant, startMon } from './started-mon.ts';

const ROUNDS = 5;

async function push(url: string, round: number): Promise<number> {
  const metrics = Array.from({ length: 200 }, (_, i) => ({
    name: 'restart_rounds',
    value: round,
    tags: { round: String(round), series: String(i) },
  }));
  const answer = await fetch(`${url}/api/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metrics }),
  });
  const body = (await answer.json()) as { accepted: number };
  return body.accepted;
}

t.test('acknowledged samples survive kill -9 and a change of shards', async (t) => {
  let dir: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    const shards = String(1 + ((round * 2) % 3));
    const mon = await startMon({
      args: ['server', '--shards', shards],
      ...(dir === undefined ? {} : { dir }),
    });
    dir = mon.dir;
    for (let before = 0; before < round; before++) {
      const [count] = await instant(mon.url, `count(restart_rounds{round="${before}"})`);
      t.equal(count?.value[1], '200', `round ${before} after restart ${round}`);
    }
    t.equal(await push(mon.url, round), 200);
    if (round === 2) t.ok((await fetch(`${mon.url}/-/flush`, { method: 'POST' })).ok);
    await mon.stop('SIGKILL');
    if (round === ROUNDS - 1) mon.remove();
  }
});
