import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renewReference } from '@mon/cli/reference';
import { Config } from '@oclif/core';
import t from 'tap';

const ROOT = join(import.meta.dirname, '..', '..');

async function loadConfig(): Promise<Config> {
  const config = new Config({ root: join(ROOT, 'packages/cli'), ignoreManifest: true });
  await config.load();
  return config;
}

t.test('docs/cli.md describes the commands there are', async (t) => {
  const page = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  const renewed = renewReference(page, await loadConfig());
  t.equal(page, renewed, 'else run: npm run build && node packages/cli/scripts/write-reference.js');
});

t.test('every command has a summary, a description and an example', async (t) => {
  const { commands, topics } = await loadConfig();
  t.ok(commands.length > 0);
  for (const { id, summary, description, examples, flags, args } of commands) {
    t.ok(summary && !summary.endsWith('.'), `${id}: a summary without a period`);
    t.ok(description, `${id}: a description`);
    t.ok((examples ?? []).length > 0, `${id}: an example`);
    for (const flag of Object.values(flags)) t.ok(flag.summary, `${id} --${flag.name}: a summary`);
    for (const arg of Object.values(args))
      t.ok(arg.description, `${id} ${arg.name}: a description`);
    t.notMatch(description, /[^\n]\n[^\n]/, `${id}: paragraphs break where the terminal does`);
  }
  for (const { name, description } of topics) t.ok(description, `${name}: a description`);
});
