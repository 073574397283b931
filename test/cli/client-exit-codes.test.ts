/**
 * Exit codes of every command that talks to a server: 3 where it cannot be reached, 4 where it
 * refuses, 130 at Ctrl-C.
 */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Config } from '@oclif/core';
import t, { type Test } from 'tap';
import { startFakeApi } from './fake-api.ts';
import { MON, runMon } from './run-mon.ts';

/** Each command is a process of its own: on a busy machine a second or two. */
t.setTimeout(240_000);

/** Each client command with the least it needs; `RULES` is a rule file. */
const LINES: Readonly<Record<string, string>> = {
  'alerts list': '',
  'compact run': '',
  query: 'up',
  'query kill': '1',
  'query ps': '',
  'retention run': '',
  'rules apply': 'RULES --yes',
  'rules delete': 'some-id',
  'rules diff': 'RULES',
  'rules export': '',
  'rules get': 'Some',
  'rules list': '',
  status: '',
  'storage stats': '',
  'storage verify': '',
};
/** Needs a terminal; test/cli/tui/top-screen.test.ts has one. */
const ON_A_TERMINAL = ['top'];

/** Runs every command against a server; checks code and text. */
async function checkAll(t: Test, server: string, code: number, text: RegExp): Promise<void> {
  const rules = join(t.testdir(), 'rules.yml');
  writeFileSync(rules, 'groups: [{ name: a, rules: [{ record: "a:b", expr: up }] }]\n');
  for (const [command, rest] of Object.entries(LINES)) {
    const line = `${command} ${rest.replace('RULES', rules)} --server ${server}`.trim();
    const outcome = await runMon(line.split(/ +/));
    t.equal(outcome.code, code, `mon ${command}: exit code`);
    t.match(outcome.stderr, text, `mon ${command}`);
    t.equal(outcome.stdout, '', `mon ${command}: nothing on standard output`);
  }
}

t.test('the table has every client command', async (t) => {
  const config = await Config.load(join(dirname(MON), '..'));
  const clients = config.commands.filter(({ flags }) => 'context' in flags);
  const names = clients.map(({ id }) => id.replaceAll(':', ' ')).sort();
  t.same(names, [...Object.keys(LINES), ...ON_A_TERMINAL].sort());
});

t.test('401 and 403 end in exit code 4, whatever their body', async (t) => {
  for (const status of [401, 403]) {
    const refuser = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { 'www-authenticate': 'Bearer' });
      response.end(status === 401 ? 'who is there?' : '{"status":"error","error":"no"}');
    });
    await new Promise<void>((resolve) => refuser.listen(0, '127.0.0.1', resolve));
    const { port } = refuser.address() as AddressInfo;
    await checkAll(t, `http://127.0.0.1:${port}`, 4, /^Error: .*token.* Try this: [^\n]+\n$/);
    refuser.closeAllConnections();
    await new Promise((resolve) => refuser.close(resolve));
  }
});

t.test('no server ends in exit code 3', async (t) => {
  await checkAll(t, 'http://127.0.0.1:1', 3, /^Error: Cannot reach .* Try this: [^\n]+\n$/);
});

t.test('Ctrl-C ends mon query --watch with 130, also while an answer is awaited', async (t) => {
  let asked = () => {};
  const reached = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const silent = () => {
    asked();
    return { isSilent: true, body: '' };
  };
  const api = await startFakeApi({ 'POST /api/v1/query': silent });
  t.teardown(() => api.close());
  const outcome = await runMon(['query', 'up', '--watch', '1s', '--server', api.url], {
    signal: 'SIGINT',
    signalAfter: reached,
  });
  t.equal(outcome.code, 130);
  t.equal(outcome.stderr, '');
});
