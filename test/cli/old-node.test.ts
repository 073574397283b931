/**
 * `bin/run.js` in a Node that is too old, played by the present one with another version number.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { MON } from './run-mon.ts';

/** Makes this Node say that it is Node 20, in the first process only. */
const AS_NODE_20 = `if (process.env.MON_TEST_LAUNCHED === undefined) {
  process.env.MON_TEST_LAUNCHED = '1';
  Object.defineProperty(process.versions, 'node', { value: '20.1.0' });
}
`;

/** An old Node that runs `script`; resolves to how it ended. */
async function runOld(dir: string, script: string, args: readonly string[], signal?: 'SIGTERM') {
  const preload = join(dir, 'as-node-20.cjs');
  writeFileSync(preload, AS_NODE_20);
  const child = spawn(process.execPath, ['--require', preload, script, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    // What a test runner puts there warns on standard error, which is looked at here.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.once('data', () => signal === undefined || child.kill(signal));
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code, endedBy] = await new Promise<readonly [number | null, string | null]>((resolve) => {
    child.once('close', (...end) => resolve(end));
  });
  return { code, endedBy, stdout, stderr };
}

t.test('an old Node hands over to the Node that mon brings', async (t) => {
  const dir = t.testdir();
  const done = await runOld(dir, MON, ['version']);
  t.match(done, { code: 0, stdout: /^mon \d/, stderr: '' });
  const failed = await runOld(dir, MON, ['query', 'up', '--server', 'http://127.0.0.1:1']);
  t.match(failed, { code: 3, stderr: /^Error: Cannot reach/ });
});

t.test('a signal to the old Node stops the new one cleanly', async (t) => {
  const args = ['server', '--data-dir', 'stored', '--listen', '127.0.0.1:0', '--log-level', 'warn'];
  const end = await runOld(t.testdir(), MON, args, 'SIGTERM');
  t.match(end, { code: 0, endedBy: null, stdout: /^mon server is ready/, stderr: '' });
});

t.test('without that Node, one line says what to do', async (t) => {
  // Outside the checkout, whose node_modules would be found from any folder within.
  const dir = mkdtempSync(join(tmpdir(), 'mon-old-node-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const bin = join(dir, 'mon/bin');
  mkdirSync(bin, { recursive: true });
  cpSync(dirname(MON), bin, { recursive: true });
  writeFileSync(join(dir, 'mon/package.json'), '{ "type": "module" }\n');
  const missing = await runOld(dir, join(bin, 'run.js'), ['version']);
  t.equal(missing.code, 1);
  t.match(missing.stderr, /^Error: Cannot run mon in Node 20\.1\.0 [^\n]* Try this: [^\n]+\n$/);
  mkdirSync(join(dir, 'mon/node_modules/node'), { recursive: true });
  writeFileSync(join(dir, 'mon/node_modules/node/package.json'), '{}\n');
  const broken = await runOld(dir, join(bin, 'run.js'), ['version']);
  t.equal(broken.code, 1);
  t.match(broken.stderr, /^Error: [^\n]*does not start \(ENOENT\)\. Try this: [^\n]+\n$/);
});
