/**
 * Runs `mon` again in the Node that the npm package `node` brings, where this Node is too old.
 *
 * To a shell it looks like one process: streams are the same, signals are passed on, the exit code
 * or the signal that ended it comes back. In the syntax of Node 16.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const BINARY = process.platform === 'win32' ? 'node.exe' : 'node';

/**
 * @param {string} entryUrl of run.js
 * @param {number} majorMin
 */
export function handOver(entryUrl, majorMin) {
  const refuse = (why) => {
    const what = `Error: Cannot run mon in Node ${process.versions.node} (${process.execPath})`;
    const mend = `Try this: Install Node ${majorMin} or newer, or run \`npm install\` where mon is.`;
    process.stderr.write(`${what}: ${majorMin} or newer is needed, and ${why}. ${mend}\n`);
    process.exitCode = 1;
  };
  let binary;
  try {
    const manifest = createRequire(entryUrl).resolve('node/package.json');
    binary = join(dirname(manifest), 'bin', BINARY);
  } catch (thrown) {
    if (thrown.code !== 'MODULE_NOT_FOUND') throw thrown;
    refuse('the npm package `node` that brings it is missing');
    return;
  }
  const argv = [...process.execArgv, fileURLToPath(entryUrl), ...process.argv.slice(2)];
  const child = spawn(binary, argv, { stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => refuse(`${binary} does not start (${error.code})`));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
