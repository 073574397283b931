/**
 * What a shell sees when something ends the process from outside any command.
 */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';

/** A database whose shard meets a bug while writes go on and somebody waits for an answer. */
const MAIN = `import { beforeLastError, endOnUncaught } from '@mon/cli/last-error';
import { openDatabase } from '@mon/storage/database';
import { SYSTEM_CLOCK } from '@mon/storage/model/clock';
endOnUncaught();
beforeLastError(() => process.stdout.write('left the screen\\n'));
const quiet = { info() {}, warn() {}, error() {} };
const database = await openDatabase({
  dataDir: process.argv[2],
  shards: 2,
  retentionMs: undefined,
  aheadMaxMs: 0,
  fsync: 'always',
  clock: SYSTEM_CLOCK,
  log: quiet,
  shardWorker: new URL(process.argv[3]),
});
try {
  for await (const page of database.shardStreams({ name: 'poison', ask: null })) console.log(page);
} finally {
  console.log('not reached');
}
`;

async function run(script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, ...output };
}

t.test('a thread that meets a bug ends the process with one line', async (t) => {
  const dir = t.testdir();
  const script = join(dir, 'main.mjs');
  writeFileSync(script, MAIN);
  const shard = new URL('./poisoned-shard.ts', import.meta.url);
  const { code, stdout, stderr } = await run(script, [join(dir, 'stored'), shard.href]);
  t.equal(code, 1);
  t.equal(stdout, 'left the screen\n');
  t.match(
    stderr,
    /^Error: Cannot go on: the thread "shard \d" ended: BUG: poisoned \(poisoned-shard\.ts:\d+:\d+\)\. Try this: [^\n]+\n$/,
  );
});

t.test('an act before the last error that fails does not keep the process', async (t) => {
  const script = join(t.testdir(), 'main.mjs');
  writeFileSync(
    script,
    `import { beforeLastError, endOnUncaught } from '@mon/cli/last-error';
endOnUncaught();
beforeLastError(() => { throw new Error('no screen'); });
setInterval(() => {}, 1000);
setImmediate(() => { throw new Error('BUG: odd length'); });
`,
  );
  const { code, stderr } = await run(script, []);
  t.equal(code, 1);
  t.match(stderr, /BUG: odd length/);
});
