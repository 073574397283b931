/**
 * Agent to notification: a sample comes in, a rule fires, a webhook hears of it.
 */

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { eventually, runMon, startMon } from './started-mon.ts';

interface WebhookPayload {
  readonly version: string;
  readonly status: string;
  readonly receiver: string;
  readonly alerts: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** A receiver on loopback that keeps what it was sent. */
async function startReceiver() {
  const heard: WebhookPayload[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      heard.push(JSON.parse(body));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, heard, close: () => server.close() };
}

t.test('host metrics, a rule applied from a file, a webhook', async (t) => {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const config = t.testdir({
    'mon.yml': `
global: { scrape_interval: 1s }
alerting:
  route: { receiver: hook, group_wait: 1s, group_by: [alertname] }
  receivers:
    - name: hook
      webhook_configs: [{ url: "${receiver.url}" }]
`,
  });
  const mon = await startMon({
    args: ['up', '--no-top', '--config', join(config, 'mon.yml')],
  });
  t.teardown(async () => {
    await mon.stop();
    mon.remove();
  });
  const rules = join(config, 'rules.yml');
  writeFileSync(
    rules,
    `groups:
- name: host
  interval: 1s
  rules:
  - alert: HostHasMemory
    expr: node_memory_MemTotal_bytes > 0
    labels: { severity: info }
    annotations: { summary: "{{ $labels.job }} has {{ $value | humanize1024 }}B" }
`,
  );
  const server = ['--server', mon.url];
  const differs = await runMon(['rules', 'diff', rules, ...server]);
  t.equal(differs.code, 2, `diff before apply: ${differs.stderr}`);
  const applied = await runMon(['rules', 'apply', rules, '--yes', ...server]);
  t.equal(applied.code, 0, applied.stderr);
  const again = await runMon(['rules', 'diff', rules, ...server]);
  t.equal(again.code, 0, `diff after apply: ${again.stderr}`);
  const payload = await eventually('notification', async () => receiver.heard[0], 60_000);
  t.equal(payload.version, '4');
  t.equal(payload.status, 'firing');
  t.equal(payload.receiver, 'hook');
  t.equal(payload.alerts[0]?.labels['alertname'], 'HostHasMemory');
  t.match(payload.alerts[0]?.annotations['summary'] ?? '', /has \d.*B/);
  const listed = await runMon(['alerts', 'list', '-o', 'json', ...server]);
  t.match(listed.stdout, /HostHasMemory/);
});
