#!/usr/bin/env node
// Entry point of `mon`: checks the Node version in old syntax, then hands over to dist/main.js.
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write(`mon: Node ${process.versions.node} is too old: 20 or newer is needed.\n`);
  process.exit(1);
}
// libuv reads this when its pool starts, at the first asynchronous file call: storage needs more
// than four threads, or a slow directory keeps every other read waiting (docs/operating.md).
if (['server', 'up'].includes(process.argv[2])) process.env.UV_THREADPOOL_SIZE ??= '16';
const { main } = await import('../dist/main.js');
await main(import.meta.url);
