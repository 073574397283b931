// Renews the command reference in docs/cli.md from the commands. Run after `npm run build`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { renewReference } from '../dist/reference.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const config = new Config({ root, ignoreManifest: true });
await config.load();
writeFileSync(page, renewReference(readFileSync(page, 'utf8'), config));
