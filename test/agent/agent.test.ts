import { createSocket } from 'node:dgram';
import { type Agent, type AgentOptions, startAgent } from '@mon/agent/agent';
import { type AgentSettings, readAgentConfig } from '@mon/agent/config/agent-settings';
import { readAgentReport } from '@mon/agent/status/status-socket';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { eventually } from './eventually.ts';
import { startExporter, text } from './exporter.ts';
import { hostTree } from './host-tree.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { temporaryFolder } from './temporary-folder.ts';

const HOST = {
  '/proc/stat': 'cpu0 10 1 4 100 2 0 1 2 3 1\nbtime 1\n',
  '/proc/loadavg': '0.21 0.37 1.39 1/719 19737\n',
};
const QUIET = `
agent:
  host: { interval: 1s, collectors: { cpu: true, diskstats: false, filefd: false, filesystem: false,
    meminfo: false, netdev: false, os: false, pressure: false, stat: false, time: false,
    uname: false } }
  statsd: { listen: 127.0.0.1:0, flush_interval: 1s }
  self_interval: 1s
`;

async function settingsOf(yaml: string): Promise<AgentSettings> {
  const { settings } = await readAgentConfig({ file: 'agent.yml', text: yaml, environment: {} });
  return settings;
}

const remoteTo = (receiver: Receiver) =>
  `remote_write: [{ url: '${receiver.url}', name: r, queue_config: { batch_send_deadline: 20ms, max_backoff: 100ms } }]\n`;

async function start(t: Test, yaml: string, options: Partial<AgentOptions> = {}) {
  const agent = await startAgent({
    settings: await settingsOf(yaml),
    log: pino({ enabled: false }),
    version: '1.2.3',
    spoolDir: temporaryFolder(t),
    hostRoot: hostTree(t, HOST).root,
    hostname: 'web-01',
    ...options,
  });
  let stopping: Promise<void> | undefined;
  const running: Agent = { ...agent, stop: () => (stopping ??= agent.stop()) };
  t.teardown(() => running.stop());
  return running;
}

/** Waits for a line of the receiver that matches. */
function arrives(receiver: Receiver, pattern: RegExp): Promise<string> {
  return eventually(`a sample like ${pattern} arrives`, () =>
    receiver.taken.flat().find((line) => pattern.test(line)),
  );
}

t.test('startAgent() ships host, scrape, StatsD and own metrics', async (t) => {
  const receiver = await startReceiver(t);
  const exporter = await startExporter(t, text('# TYPE app_jobs gauge\napp_jobs 3\n'));
  const agent = await start(
    t,
    `global: { scrape_interval: 1s, external_labels: { dc: eu } }
scrape_configs: [{ job_name: app, static_configs: [{ targets: ['${exporter.address}'] }] }]
${remoteTo(receiver)}${QUIET}`,
  );
  const own = 'dc="eu", instance="web-01", job="node"';
  await arrives(
    receiver,
    new RegExp(`^node_cpu_seconds_total\\{cpu="0", ${own}, mode="idle"\\} 1 `),
  );
  await arrives(receiver, new RegExp(`^node_load5\\{${own}\\} 0.37 `));
  await arrives(receiver, new RegExp(`^up\\{${own}\\} 1 `));
  const instance = `instance="${exporter.address}"`;
  await arrives(receiver, new RegExp(`^app_jobs\\{dc="eu", ${instance}, job="app"\\} 3 `));
  const socket = createSocket('udp4');
  const port = Number(agent.status().statsdAddress.split(':')[1]);
  socket.send('hits:5|c', port, '127.0.0.1', () => socket.close());
  await arrives(receiver, /^hits\{dc="eu", instance="web-01", job="statsd"\} 5 /);
  await arrives(receiver, /^mon_agent_build_info\{.*version="1.2.3"\} 1 /);
  await arrives(receiver, /^mon_agent_send_samples_total\{.*remote="r"\} [1-9]/);
  await arrives(receiver, /^mon_agent_scrapes_total\{.*outcome="ok"\} [1-9]/);
  await arrives(receiver, /^process_resident_memory_bytes\{.*job="mon-agent"\} [1-9]/);
  t.match(agent.status(), {
    version: '1.2.3',
    host: { isEnabled: true, instance: 'web-01', collectors: ['cpu', 'loadavg'], failing: [] },
    targets: { up: 1, down: 0, unknown: 0 },
    remotes: [{ name: 'r', lastError: '' }],
    troubles: [],
  });
  t.match(agent.targets(), { active: [{ job: 'app', health: 'up' }], droppedCount: 0 });
});

t.test('startAgent() loses nothing while the server is down', async (t) => {
  const receiver = await startReceiver(t);
  receiver.status = 503;
  const agent = await start(t, remoteTo(receiver) + QUIET);
  await eventually('some batches were turned away', () => receiver.requests > 5);
  await eventually('trouble is told', () => /503/.test(agent.status().troubles.join()));
  await eventually('several rounds are waiting', () => (agent.status().host.lastRoundMs ?? 0) > 0);
  const firstMs = agent.status().startMs;
  receiver.status = 204;
  await arrives(receiver, /^node_load1\{/);
  const times = receiver.taken
    .flat()
    .filter((line) => line.startsWith('node_load1{'))
    .map((line) => Number(line.split(' ').at(-1)));
  t.ok((times[0] ?? 0) - firstMs < 1000, 'from the first round on');
  await eventually('trouble is over', () => agent.status().troubles.length === 0);
});

t.test('startAgent() goes on with the spool of the agent before', async (t) => {
  const receiver = await startReceiver(t);
  receiver.status = 503;
  const spoolDir = temporaryFolder(t);
  const first = await start(t, remoteTo(receiver) + QUIET, { spoolDir });
  await eventually('it was turned away', () => receiver.requests > 1);
  const { startMs } = first.status();
  await first.stop();
  receiver.status = 204;
  await start(t, remoteTo(receiver) + QUIET, { spoolDir });
  const line = await arrives(receiver, /^node_load1\{/);
  t.ok(Number(line.split(' ').at(-1)) - startMs < 1000, 'the first sample of the first agent');
});

t.test('Agent.reload() replaces what changed and keeps the rest', async (t) => {
  const receiver = await startReceiver(t);
  const [kept, gone] = [
    await startExporter(t, text('a 1\n')),
    await startExporter(t, text('b 1\n')),
  ];
  const job = (name: string, address: string) =>
    `  - { job_name: ${name}, static_configs: [{ targets: ['${address}'] }] }\n`;
  const head = `global: { scrape_interval: 1s }\n${remoteTo(receiver)}${QUIET}scrape_configs:\n`;
  const agent = await start(t, head + job('kept', kept.address) + job('gone', gone.address));
  await arrives(receiver, /^a\{/);
  await arrives(receiver, /^b\{/);
  const before = agent.targets().active.find((target) => target.job === 'kept');
  await agent.reload(
    await settingsOf(head + job('kept', kept.address) + job('more', kept.address)),
  );
  const after = agent.targets().active.find((target) => target.job === 'kept');
  t.ok((after?.lastScrapeMs ?? 0) >= (before?.lastScrapeMs ?? 1), 'the loop was not started anew');
  await arrives(receiver, /^b\{.*job="gone"\} stale /);
  await arrives(receiver, /^a\{.*job="more"\} 1 /);
  t.notOk(receiver.taken.flat().some((line) => /^a\{.*job="kept"\} stale /.test(line)));
  await t.rejects(
    agent.reload(await settingsOf(`${remoteTo(receiver)}agent: { spool: { bytes: 5MB } }`)),
    { code: 'needs-restart' },
  );
});

t.test('Agent.reload() moves to another server with what the first did not take', async (t) => {
  const first = await startReceiver(t);
  first.status = 500;
  const second = await startReceiver(t);
  const agent = await start(t, remoteTo(first) + QUIET);
  const { startMs } = agent.status();
  await eventually('the first was tried', () => first.requests > 0);
  await agent.reload(await settingsOf(remoteTo(second).replace('name: r', 'name: s') + QUIET));
  const line = await arrives(second, /^node_load1\{/);
  t.ok(Number(line.split(' ').at(-1)) - startMs < 1000);
});

t.test('startAgent() says why it cannot run', async (t) => {
  const receiver = await startReceiver(t);
  await t.rejects(start(t, QUIET), { code: 'no-remote' });
  const tree = hostTree(t, { '/file': '' });
  await t.rejects(start(t, remoteTo(receiver) + QUIET, { spoolDir: `${tree.root}/file/spool` }), {
    code: 'spool-unusable',
  });
  const spoolDir = temporaryFolder(t);
  const running = await start(t, remoteTo(receiver) + QUIET, { spoolDir });
  await t.rejects(start(t, remoteTo(receiver) + QUIET, { spoolDir }), { code: 'spool-taken' });
  t.match(await readAgentReport(spoolDir), { status: { version: '1.2.3', pid: process.pid } });
  await running.stop();
  t.equal(await readAgentReport(spoolDir), undefined);
});

t.test('startAgent() runs without StatsD where the port is taken, and says so', async (t) => {
  const receiver = await startReceiver(t);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.teardown(() => socket.close());
  const yaml = QUIET.replace('127.0.0.1:0', `127.0.0.1:${socket.address().port}`);
  const agent = await start(t, remoteTo(receiver) + yaml);
  await arrives(receiver, /^node_load1\{/);
  t.match(agent.status().troubles, [/StatsD is not taken: .*another program/]);
});
