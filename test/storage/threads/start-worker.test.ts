/**
 * What becomes of the process when a thread ends that should not.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

/** Starts the worker, says what ends the process, would else stay for ever. */
const MAIN = `import { startWorker } from '@mon/storage/threads/start-worker';
process.on('uncaughtException', ({ code, message }) => {
  console.log(\`\${code}: \${message}\`);
  process.exit(1);
});
const url = new URL('./worker.mjs', import.meta.url);
const worker = startWorker(url, { name: 'shard 7', workerData: null }, []);
setInterval(() => {}, 1000);
if (process.argv[2] === 'terminate') worker.terminate().then(() => process.exit(0));
`;

/** Small, so that a thread that wants all memory gets to its end soon. */
const HEAP = '--max-old-space-size=32';

async function run(dir: string, worker: string, args: readonly string[] = []) {
  writeFileSync(join(dir, 'main.mjs'), MAIN);
  writeFileSync(join(dir, 'worker.mjs'), worker);
  const child = spawn(process.execPath, [HEAP, join(dir, 'main.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, stdout };
}

const STAYS = `import { parentPort } from 'node:worker_threads';
parentPort.on('message', () => {});
`;

t.test('startWorker() ends the process when the thread throws, and says where', async (t) => {
  const throwing = `${STAYS}setImmediate(() => {\n  throw new Error('BUG: odd length');\n});\n`;
  const { code, stdout } = await run(t.testdir(), throwing);
  t.equal(code, 1);
  t.equal(
    stdout,
    'thread-ended: Cannot go on: the thread "shard 7" ended: BUG: odd length (worker.mjs:4:9)\n',
  );
});

t.test('startWorker() ends the process when the thread exits', async (t) => {
  const { code, stdout } = await run(t.testdir(), 'process.exit(3);\n');
  t.equal(code, 1);
  t.equal(stdout, 'thread-ended: Cannot go on: the thread "shard 7" ended: exit code 3\n');
});

t.test('startWorker() ends the process when the thread has no memory left', async (t) => {
  const greedy = `const kept = [];
for (;;) kept.push(new Array(1_000_000).fill(kept.length + 0.5));
`;
  const { code, stdout } = await run(t.testdir(), greedy);
  t.equal(code, 1);
  t.match(stdout, /^thread-ended: .*memory/);
});

t.test('startWorker() lets a thread be terminated', async (t) => {
  t.same(await run(t.testdir(), STAYS, ['terminate']), { code: 0, stdout: '' });
});
