// Writes oclif.manifest.json, so that a start does not load every command to find one.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';

const root = fileURLToPath(new URL('..', import.meta.url));
const config = new Config({ root, ignoreManifest: true });
await config.load();
const plugin = config.plugins.get('@mon/cli');
const manifest = { version: config.version, commands: plugin?.manifest.commands ?? {} };
writeFileSync(`${root}/oclif.manifest.json`, `${JSON.stringify(manifest, null, 1)}\n`);
