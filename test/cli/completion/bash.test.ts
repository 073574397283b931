/**
 * The completion script for bash, asked by bash itself.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { bashCompletion } from '@mon/cli/completion/bash';
import { commandWords } from '@mon/cli/completion/command-line';
import { fishCompletion } from '@mon/cli/completion/fish';
import { zshCompletion } from '@mon/cli/completion/zsh';
import { Config } from '@oclif/core';
import t from 'tap';

const root = join(import.meta.dirname, '..', '..', '..', 'packages/cli');
const config = new Config({ root, ignoreManifest: true });
await config.load();
const words = commandWords(config);

/** What bash offers behind `line`. */
function complete(line: string): string[] {
  const typed = line.split(' ');
  const script = `${bashCompletion(words)}
COMP_WORDS=(${typed.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${typed.length - 1}
_mon
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return stdout.split('\n').filter((word) => word !== '');
}

t.test('bashCompletion() completes commands, flags and values', async (t) => {
  t.ok(complete('mon ').includes('query'));
  t.same(complete('mon ver'), ['version']);
  t.same(complete('mon context ').sort(), ['add', 'list', 'remove', 'use']);
  t.same(complete('mon context add --ser'), ['--server']);
  t.same(complete('mon query up -o ').sort(), ['csv', 'graph', 'json', 'table', 'yaml']);
  t.same(complete('mon query up --output js'), ['json']);
  t.ok(complete('mon rules check ').includes('package.json'), 'files');
  t.ok(complete('mon server --config ').includes('package.json'), 'a file');
  t.same(complete('mon server --listen '), [], 'nothing to offer');
  t.same(complete('mon nothing '), complete('mon '), 'an unknown word is passed over');
});

t.test('zshCompletion() and fishCompletion() name every command', async (t) => {
  const scripts = [zshCompletion(words), fishCompletion(words)];
  for (const { path } of words) {
    for (const script of scripts) t.match(script, `'${path}'`);
  }
});
