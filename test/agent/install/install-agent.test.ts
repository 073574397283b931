import { prepareInstall } from '@mon/agent/install/carry-out-install';
import { type InstallMeans, installAgent } from '@mon/agent/install/install-agent';
import { type InstallOptions, planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import type { AgentReport } from '@mon/agent/status/agent-status';
import { MonError } from '@mon/storage/model/error';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t from 'tap';
import { type FakeHost, fakeHost } from './fake-host.ts';
import { queryServer, vector } from './query-server.ts';

const START_MS = 1_000_000;

/** What an agent that sends to `name` says of itself. */
function reportOf(
  name: string,
  lastSuccessMs: number | undefined,
  troubles: string[] = [],
): AgentReport {
  const dialect = 'mon-wire' as const;
  const remote = { name, url: '', dialect, lastSuccessMs, lastError: '', lagMs: 0, samplesSent: 0 };
  const status: AgentReport['status'] = {
    version: '1',
    pid: 1,
    startMs: START_MS,
    host: { isEnabled: true, instance: 'h', collectors: [], lastRoundMs: 0, failing: [] },
    targets: { up: 0, down: 0, unknown: 0 },
    spool: { dir: '', bytes: 0, bytesMax: 0 },
    remotes: [remote],
    statsdAddress: '',
    troubles,
  };
  return { status, targets: { active: [], dropped: [], droppedCount: 0 } };
}

/** Installs with time that passes only while it waits. */
async function install(
  fake: FakeHost,
  given: Partial<InstallOptions>,
  means: Partial<InstallMeans> = {},
  paceMs?: number,
) {
  const clock = new ManualClock(START_MS);
  const plan = planInstall({ ...fake.options, ...given });
  const prepared = await prepareInstall(plan, fake.host, { replacesConfig: false });
  const told: string[] = [];
  const done: string[] = [];
  const arrival = await installAgent(prepared, {
    host: fake.host,
    clock,
    pause: (ms) => clock.advance(paceMs ?? ms),
    hostname: 'web-1',
    token: given.token,
    report: async () => undefined,
    onFile: ({ kind, target }) => done.push(`${kind} ${target}`),
    tell: (text) => told.push(text),
    ...means,
  });
  return { arrival, told, done, elapsedMs: clock.nowMs() - START_MS };
}

t.test('installAgent() waits until the host is seen on the server', async (t) => {
  const server = await queryServer(t, (index) => vector(index < 3 ? 0 : 1));
  const fake = fakeHost(t);
  const { arrival, told, done, elapsedMs } = await install(fake, { server: server.url });
  t.equal(arrival, 'seen');
  t.equal(done.length, 4);
  t.equal(done[0], `create ${PLACES.config}`);
  t.equal(elapsedMs, 3000);
  t.match(told, [`Waiting for samples of web-1 at ${server.url} ...`]);
  const query = 'timestamp(up{job="node",instance="web-1"}) >= 1000';
  t.strictSame(
    server.asked.map(({ query, time }) => [query, time]),
    [
      [query, 1000],
      [query, 1001],
      [query, 1002],
      [query, 1003],
    ],
    'samples from before the start do not count',
  );
  t.equal(fake.ran().at(-1), 'systemctl start mon-agent.service');
});

t.test('installAgent() asks with the token and as the tenant that it installs', async (t) => {
  const server = await queryServer(t, () => vector(1));
  const given = { server: server.url, token: 's3cret', tenant: 'shop', instance: 'a "b"' };
  const { arrival } = await install(fakeHost(t), given);
  t.equal(arrival, 'seen');
  t.match(server.asked, [
    {
      query: 'timestamp(up{job="node",instance="a \\"b\\""}) >= 1000',
      headers: { authorization: 'Bearer s3cret', 'x-scope-orgid': 'shop' },
    },
  ]);
});

t.test('installAgent() believes the agent where the token may not read', async (t) => {
  const server = await queryServer(t, () => ({ status: 403, body: 'no' }));
  const name = `${new URL(server.url).host}/api/v1/write`;
  const successes = [undefined, START_MS - 1, START_MS + 1];
  const report = async () => reportOf(name, successes.shift());
  const { arrival, elapsedMs } = await install(fakeHost(t), { server: server.url }, { report });
  t.equal(arrival, 'told');
  t.equal(elapsedMs, 2000, 'a success from before the start is none');
});

t.test('installAgent() says what server and agent say when nothing arrives', async (t) => {
  const why = async (answer: { status?: number; body: string }, report: InstallMeans['report']) => {
    const server = await queryServer(t, () => answer);
    const failed = install(fakeHost(t), { server: server.url }, { report }, 20_000);
    const error = await failed.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    t.type(error, MonError);
    t.match(error, { code: 'samples-missing', mend: /mon agent status.*journalctl/ });
    return (error as MonError).why;
  };
  const fine = async () => reportOf('x', undefined);
  t.equal(
    await why(vector(0), fine),
    '60 s after the start the server answers and has none; the agent knows of no trouble',
  );
  const troubled = async () => reportOf('x', undefined, ['Cannot send to x: status 404.']);
  t.match(
    await why({ status: 500, body: '' }, troubled),
    /status 500; the agent: Cannot send to x: status 404\.$/,
  );
  t.match(await why({ body: '<html>' }, fine), /not that of a mon server/);
  t.match(await why({ status: 401, body: '' }, fine), /refuses to be asked \(status 401\)/);
  const silent = async () => {
    throw new MonError({ code: 'agent-silent', what: 'a', why: 'b', mend: 'c' });
  };
  t.match(await why(vector(0), silent), /It does not answer at its status socket\.$/);
});

t.test('installAgent() says that no server is there', async (t) => {
  const gone = install(fakeHost(t), { server: 'http://127.0.0.1:1' }, {}, 20_000);
  await t.rejects(gone, { code: 'samples-missing', message: /connection refused/ });
});

t.test('installAgent() shows why the agent does not stay up', async (t) => {
  const server = await queryServer(t, () => vector(0));
  const fake = fakeHost(t);
  fake.script('systemctl is-active', { code: 3, stdout: 'failed\n' });
  fake.script('journalctl --unit', { stdout: 'Error: Cannot use the spool.\n' });
  await t.rejects(install(fake, { server: server.url }), {
    code: 'agent-not-running',
    message: /it is failed; its last line: Error: Cannot use the spool\.$/,
    mend: /journalctl -u mon-agent/,
  });
  t.equal(server.asked.length, 0, 'at once');
  fake.script('systemctl is-active', { code: 3, stdout: 'activating\n' });
  fake.script('journalctl --unit', { code: 1 });
  await t.rejects(install(fake, { server: server.url }, {}, 20_000), {
    code: 'agent-not-running',
    message: /it is activating$/,
  });
});

t.test('installAgent() fails where systemd does not run, naming what was not done', async (t) => {
  const fake = fakeHost(t);
  fake.script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
  await t.rejects(install(fake, {}), {
    code: 'agent-not-started',
    message:
      /systemd does not run here.*written.*\n(.*\n){4} {2}systemctl start mon-agent\.service$/,
    mend: /mon agent run --config \/etc\/mon\/agent\.yml/,
  });
  t.ok(fake.read(PLACES.config));
});

t.test('installAgent() fails where the kept configuration sends elsewhere', async (t) => {
  const fake = fakeHost(t);
  fake.write(PLACES.config, 'remote_write: [{url: "http://old/api/v1/write"}]\n');
  await t.rejects(install(fake, {}), {
    code: 'config-kept',
    message: /was kept, and sends to http:\/\/old\/api\/v1\/write/,
    mend: /agent\.yml\.new.*--force/,
  });
  t.equal(fake.ran().at(-1), 'systemctl start mon-agent.service', 'it runs as it is');
});

t.test('installAgent() looks for the host under the labels of a kept configuration', async (t) => {
  const server = await queryServer(t, () => vector(1));
  const fake = fakeHost(t);
  const remotes = `remote_write: [{url: "${server.url}/api/v1/write"}]\n`;
  fake.write(PLACES.config, `${remotes}agent: {host: {job: hosts, instance: db}}\n`);
  t.equal((await install(fake, { server: server.url })).arrival, 'seen');
  t.match(server.asked, [{ query: /^timestamp\(up\{job="hosts",instance="db"\}\)/ }]);
  fake.write(PLACES.config, `${remotes}agent: {host: {enabled: false}}\n`);
  t.equal((await install(fake, { server: server.url })).arrival, undefined, 'nothing to look for');
  t.equal(server.asked.length, 1);
});

t.test('installAgent() of an image looks for no samples', async (t) => {
  const fake = fakeHost(t, { userId: 1000 });
  const { arrival, told } = await install(fake, { image: fake.host.root });
  t.equal(arrival, undefined);
  t.strictSame(told, []);
});
