#!/usr/bin/env node
// Entry point of `mon`: checks the Node version in old syntax, then hands over to dist/main.js.
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write(`mon: Node ${process.versions.node} is too old: 20 or newer is needed.\n`);
  process.exit(1);
}
const { main } = await import('../dist/main.js');
await main(import.meta.url);
