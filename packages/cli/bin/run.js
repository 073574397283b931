#!/usr/bin/env node
// Entry point of `mon`: runs dist/main.js, in the Node that mon is made for. In old syntax, as are
// the files it imports first.
const NODE_MAJOR_MIN = 24;
const major = Number(process.versions.node.split('.')[0]);
if (major < NODE_MAJOR_MIN) {
  const { handOver } = await import('./hand-over.js');
  handOver(import.meta.url, NODE_MAJOR_MIN);
} else {
  // libuv reads this when its pool starts, at the first asynchronous file call: storage needs more
  // than four threads, or a slow directory keeps every other read waiting (docs/operating.md).
  if (['server', 'up'].includes(process.argv[2])) process.env.UV_THREADPOOL_SIZE ??= '16';
  const { main } = await import('../dist/main.js');
  await main(import.meta.url);
}
