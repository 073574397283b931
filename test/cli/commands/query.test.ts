import t, { type Test } from 'tap';
import { type Asked, type FakeAnswer, failure, startFakeApi, success } from '../fake-api.ts';
import { runMon } from '../run-mon.ts';

const VECTOR = {
  resultType: 'vector',
  result: [
    { metric: { __name__: 'up', job: 'node', instance: 'a:1' }, value: [1767225600, '1'] },
    { metric: { __name__: 'up', job: 'web', zone: 'x' }, value: [1767225600, '0'] },
  ],
};
const MATRIX = {
  resultType: 'matrix',
  result: ['a', 'b'].map((instance, row) => ({
    metric: { instance },
    values: [0, 1, 2, 3].map((i) => [1767225600 + 60 * i, String(row * 10 + i)]),
  })),
};

type Routes = Readonly<Record<string, (asked: Asked) => FakeAnswer>>;

async function query(t: Test, routes: Routes, args: readonly string[]) {
  const api = await startFakeApi(routes);
  t.teardown(() => api.close());
  const result = await runMon(['query', ...args, '--server', api.url]);
  return { ...result, asked: api.asked };
}

const INSTANT: Routes = { 'POST /api/v1/query': () => success(VECTOR) };
const RANGE: Routes = { 'POST /api/v1/query_range': () => success(MATRIX) };

t.test('mon query prints an instant vector', async (t) => {
  const table = await query(t, INSTANT, ['up', '--time', '2026-01-01T00:00:00Z']);
  t.equal(table.code, 0);
  t.equal(
    table.stdout,
    `
METRIC  INSTANCE  JOB   ZONE  VALUE
up      a:1       node            1
up                web   x         0
`.slice(1),
  );
  t.equal(table.asked[0]?.parameters.get('query'), 'up');
  t.equal(table.asked[0]?.parameters.get('time'), '1767225600');

  const json = await query(t, INSTANT, ['up', '-o', 'json']);
  t.same(JSON.parse(json.stdout), VECTOR);
  const csv = await query(t, INSTANT, ['up', '-o', 'csv']);
  t.equal(
    csv.stdout,
    '__name__,instance,job,zone,time,value\nup,a:1,node,,1767225600,1\nup,,web,x,1767225600,0\n',
  );
  const yaml = await query(t, INSTANT, ['up', '-o', 'yaml']);
  t.match(yaml.stdout, /^resultType: vector\nresult:\n {2}- metric:\n/);
  t.match(yaml.stdout, 'value: [ 1767225600, "1" ]');
});

t.test('mon query asks a range and prints it', async (t) => {
  const range = ['--start', '1767225600', '--end', '1767225780', '--step', '1m'];
  const table = await query(t, RANGE, ['x', ...range]);
  t.equal(
    table.stdout,
    `
a  {instance="a"}
b  {instance="b"}

TIME                 A   B
2026-01-01 00:00:00  0  10
2026-01-01 00:01:00  1  11
2026-01-01 00:02:00  2  12
2026-01-01 00:03:00  3  13
`.slice(1),
  );
  const { parameters } = table.asked[0] as Asked;
  t.same(
    ['start', 'end', 'step'].map((name) => parameters.get(name)),
    ['1767225600', '1767225780', '60'],
  );
  const graph = await query(t, RANGE, ['x', ...range, '--graph']);
  t.match(graph.stdout, /^x {2}2026-01-01 00:00:00 to 00:03:00, step 1m\n/);
  t.match(graph.stdout, /┤.*[⠁-⣿]/);
  t.match(graph.stdout, /^b \{instance="b"\} +last 13 +min 10 +max 13$/m);
  t.ok(graph.stdout.split('\n').length <= 24, 'fits 24 rows');
  t.ok(
    graph.stdout.split('\n').every((line) => line.length <= 80),
    'fits 80 columns',
  );
});

t.test('mon query --graph without a range draws the last hour', async (t) => {
  const { asked, code } = await query(t, RANGE, ['x', '-g']);
  t.equal(code, 0);
  const { parameters } = asked[0] as Asked;
  t.equal(Number(parameters.get('end')) - Number(parameters.get('start')), 3600);
  t.equal(parameters.get('step'), '15');
});

t.test('mon query keeps remarks and an empty result off standard output', async (t) => {
  const routes: Routes = {
    'POST /api/v1/query': () =>
      success(
        { resultType: 'vector', result: [] },
        { warnings: ['half is missing'], infos: ['not a counter'] },
      ),
  };
  const { code, stdout, stderr } = await query(t, routes, ['nothing']);
  t.equal(code, 0);
  t.equal(stdout, '');
  t.equal(stderr, 'Warning: half is missing\nInfo: not a counter\nNo series match.\n');
});

t.test('mon query points at the place of a parse error', async (t) => {
  const routes: Routes = {
    'POST /api/v1/query': () =>
      failure(400, '1:11: parse error: unknown function with name "rat"', {
        code: 'bad-query',
        hint: 'Did you mean "rate" at line 1, column 11?',
      }),
  };
  const { code, stderr } = await query(t, routes, ['sum(up) + rat(x[5m])']);
  t.equal(code, 1);
  t.equal(
    stderr,
    `
Error: Cannot evaluate the expression: unknown function with name "rat"
  sum(up) + rat(x[5m])
            ^^^
Try this: Did you mean "rate" at line 1, column 11?
`.slice(1),
  );
});

t.test('mon query ends with the exit code of its error', async (t) => {
  const gone = await startFakeApi({});
  await gone.close();
  const unreachable = await runMon(['query', 'up', '--server', gone.url]);
  t.equal(unreachable.code, 3);
  t.match(unreachable.stderr, /^Error: Cannot reach the server at .+: .+ Try this: .+\n$/);

  const refused: Routes = { 'POST /api/v1/query': () => ({ status: 401, body: '' }) };
  const unauthorised = await query(t, refused, ['up']);
  t.equal(unauthorised.code, 4);
  t.match(unauthorised.stderr, /--token-file/);

  const html = await query(t, { 'POST /api/v1/query': () => ({ body: '<html>' }) }, ['up']);
  t.equal(html.code, 1);
  t.match(html.stderr, /Check that --server names a mon server/);

  for (const flags of ['--step 1m', '--since 1h --step 1ms', '--time yesterday', '--since soon']) {
    const wrong = await query(t, INSTANT, ['up', ...flags.split(' ')]);
    t.equal(wrong.code, 1, flags);
    t.match(wrong.stderr, /^Error: .+ Try this: .+\n$/, flags);
    t.equal(wrong.asked.length, 0, `${flags}: the server is not asked`);
  }
});

t.test('mon query sends token and tenant', async (t) => {
  const api = await startFakeApi(INSTANT);
  t.teardown(() => api.close());
  await runMon(['query', 'up', '--tenant', 'shop'], {
    env: { MON_SERVER: api.url, MON_TOKEN: 'secret' },
  });
  t.equal(api.asked[0]?.headers.authorization, 'Bearer secret');
  t.equal(api.asked[0]?.headers['x-scope-orgid'], 'shop');
});

t.test('mon query --watch asks again until it is interrupted', async (t) => {
  const { code, asked, stdout } = await (async () => {
    const api = await startFakeApi(INSTANT);
    t.teardown(() => api.close());
    const result = await runMon(
      ['query', 'up', '-o', 'csv', '--watch', '10ms', '--server', api.url],
      { signal: 'SIGINT' },
    );
    return { ...result, asked: api.asked };
  })();
  t.equal(code, 130);
  t.ok(asked.length >= 1);
  t.match(stdout, /^__name__/);
});
