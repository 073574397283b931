import { mkdirSync, writeFileSync } from 'node:fs';
import type { AgentReport } from '@mon/agent/status/agent-status';
import { readAgentReport, StatusSocket } from '@mon/agent/status/status-socket';
import t from 'tap';
import { temporaryFolder } from '../temporary-folder.ts';

const REPORT = { status: { pid: 7 }, targets: { droppedCount: 0 } } as unknown as AgentReport;

t.test('StatusSocket answers whoever asks, and its folder is then taken', async (t) => {
  const dir = temporaryFolder(t);
  t.equal(await readAgentReport(dir), undefined);
  const socket = new StatusSocket(dir, () => REPORT);
  await socket.open();
  t.strictSame(await readAgentReport(dir), REPORT);
  const second = new StatusSocket(dir, () => REPORT);
  await t.rejects(second.open(), { code: 'spool-taken' });
  t.strictSame(await readAgentReport(dir), REPORT, 'and the first goes on');
  await socket.close();
  t.equal(await readAgentReport(dir), undefined);
  await second.open();
  await second.close();
});

t.test('StatusSocket takes over what a dead agent left', async (t) => {
  const dir = temporaryFolder(t);
  writeFileSync(`${dir}/agent.sock`, '');
  const socket = new StatusSocket(dir, () => REPORT);
  await socket.open();
  t.strictSame(await readAgentReport(dir), REPORT);
  await socket.close();
});

t.test('StatusSocket works where the path is too long for a socket', async (t) => {
  const dir = `${temporaryFolder(t)}/${'long'.repeat(40)}`;
  t.equal(await readAgentReport(dir), undefined);
  mkdirSync(dir);
  t.equal(await readAgentReport(dir), undefined);
  const socket = new StatusSocket(dir, () => REPORT);
  await socket.open();
  t.strictSame(await readAgentReport(dir), REPORT);
  await t.rejects(new StatusSocket(dir, () => REPORT).open(), { code: 'spool-taken' });
  await socket.close();
  t.equal(await readAgentReport(dir), undefined);
});
