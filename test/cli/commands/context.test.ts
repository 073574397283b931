import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { runMon } from '../run-mon.ts';

t.test('contexts are added, chosen, listed and removed', async (t) => {
  const home = t.testdir({ token: 'secret' });
  const mon = (line: string) =>
    runMon(line.split(' '), { env: { XDG_CONFIG_HOME: join(home, 'config') }, cwd: home });
  const list = async () => JSON.parse((await mon('context list -o json')).stdout);

  t.same(await list(), [], 'none at first');
  t.match((await mon('context list')).stderr, /mon context add/);
  t.equal((await mon('context add prod --server https://a.example/ --token-file token')).code, 0);
  t.equal((await mon('context add lab --server http://b:9500 --tenant lab')).code, 0);
  t.same(await list(), [
    { current: true, name: 'prod', server: 'https://a.example', token_file: join(home, 'token') },
    { current: false, name: 'lab', server: 'http://b:9500', tenant: 'lab' },
  ]);
  const path = join(home, 'config/mon/contexts.yaml');
  t.equal(statSync(path).mode & 0o777, 0o600, 'only for its owner');

  t.match((await mon('context use lab')).stderr, /http:\/\/b:9500/);
  t.match((await mon('context list')).stdout, /^\* +lab/m);
  t.equal((await mon('context remove lab')).code, 0);
  t.match((await mon('context use lab')).stderr, /there are prod/);
  t.equal((await mon('context use lab')).code, 1);
});

t.test('a broken file of contexts is named, with what is wrong in it', async (t) => {
  const home = t.testdir({ mon: {} });
  const path = join(home, 'mon/contexts.yaml');
  for (const [text, pattern] of [
    ['contexts: [', /contexts\.yaml: /],
    ['- a', /it is not a map/],
    ['contexts: { prod: { url: x } }', /context "prod" has no `server`/],
  ] as const) {
    writeFileSync(path, text);
    const { code, stderr } = await runMon(['context', 'list'], { env: { XDG_CONFIG_HOME: home } });
    t.equal(code, 1);
    t.match(stderr, pattern);
  }
});
