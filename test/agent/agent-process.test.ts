import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import { eventually } from './eventually.ts';
import { hostTree } from './host-tree.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { temporaryFolder } from './temporary-folder.ts';

const HOST = { '/proc/loadavg': '0.21 0.37 1.39 1/719 19737\n' };

async function startProcess(t: Test, receiver: Receiver, dir: string, hostRoot: string) {
  const config = `${dir}/agent.yml`;
  const off = 'cpu diskstats filefd filesystem meminfo netdev os pressure stat time uname'
    .split(' ')
    .map((name) => `${name}: false`);
  writeFileSync(
    config,
    `remote_write: [{ url: '${receiver.url}', queue_config: { batch_send_deadline: 20ms } }]
agent: { host: { interval: 1s, collectors: { ${off} } }, statsd: { enabled: false } }
`,
  );
  const script = `${import.meta.dirname}/run-agent.ts`;
  const child = spawn(process.execPath, [script, config, `${dir}/spool`, hostRoot], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await eventually('the agent has started', () => {
    if (child.exitCode !== null) throw new Error(`the agent ended with ${child.exitCode}`);
    return lines.includes('started');
  });
  return { child, sharedObjects: JSON.parse(lines[0] ?? '[]') as string[] };
}

const loads = (receiver: Receiver) =>
  receiver.taken
    .flat()
    .filter((line) => line.startsWith('node_load1{'))
    .map((line) => Number(line.split(' ').at(-1)));

t.test('an agent killed in the middle of an outage sends all of it later', async (t) => {
  const receiver = await startReceiver(t);
  const dir = temporaryFolder(t);
  const { root } = hostTree(t, HOST);
  receiver.status = 503;
  const startMs = Date.now();
  const rounds = 3;
  for (let round = 0; round < rounds; round++) {
    const before = receiver.requests;
    const { child } = await startProcess(t, receiver, dir, root);
    await eventually('it was turned away', () => receiver.requests > before);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  receiver.status = 204;
  const { child } = await startProcess(t, receiver, dir, root);
  // Each agent makes a round at its start, before it is turned away.
  await eventually('every round is there', () => new Set(loads(receiver)).size > rounds);
  const times = loads(receiver);
  t.ok((times[0] ?? 0) >= startMs);
  t.strictSame(
    times,
    times.toSorted((a, b) => a - b),
    'in order',
  );
  t.equal(new Set(times).size, times.length, 'and once');
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  t.equal(code, 0, 'SIGTERM ends it cleanly');
});

t.test('an agent runs without LevelDB', async (t) => {
  const receiver = await startReceiver(t);
  const dir = temporaryFolder(t);
  const { sharedObjects } = await startProcess(t, receiver, dir, hostTree(t, HOST).root);
  await eventually('samples arrive', () => loads(receiver).length > 0);
  t.ok(sharedObjects.length > 0);
  t.strictSame(
    sharedObjects.filter((path) => /level/i.test(path)),
    [],
  );
  // And no module of it either, native or not.
  const loaded: string[] = [];
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      loaded.push(resolved.url);
      return resolved;
    },
  });
  await import('@mon/agent/agent');
  await import('@mon/agent/config/agent-settings');
  await import('@mon/agent/status/status-socket');
  hooks.deregister();
  t.ok(loaded.length > 50, 'the hook saw the modules');
  t.strictSame(
    loaded.filter((url) => /classic-level|abstract-level|storage\/dist\/kv/.test(url)),
    [],
  );
});
