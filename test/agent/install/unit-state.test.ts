import { commandLine, commandRunner, NOT_FOUND } from '@mon/agent/install/command-runner';
import { lastLogLine, readUnitState, unitState } from '@mon/agent/install/unit-state';
import t from 'tap';
import { fakeHost } from './fake-host.ts';

const SHOWN = `MainPID=4711
NRestarts=2
MemoryCurrent=62914560
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
`;

t.test('readUnitState() reads what systemctl shows', async (t) => {
  const { host, script } = fakeHost(t);
  script('systemctl show', { stdout: SHOWN });
  t.strictSame(await readUnitState(host.run), {
    load: 'loaded',
    active: 'active',
    sub: 'running',
    enabled: 'enabled',
    pid: 4711,
    restarts: 2,
    memoryBytes: 62_914_560,
  });
});

t.test('readUnitState() gives undefined where systemd does not run', async (t) => {
  const { host, script } = fakeHost(t);
  script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
  t.equal(await readUnitState(host.run), undefined);
});

t.test('unitState() takes what is not set as unknown', async (t) => {
  const state = unitState('MainPID=0\nMemoryCurrent=[not set]\nLoadState=not-found\n');
  t.match(state, { load: 'not-found', pid: undefined, restarts: 0, memoryBytes: undefined });
  t.equal(unitState('MemoryCurrent=18446744073709551615').memoryBytes, undefined);
  t.equal(unitState('').load, '');
});

t.test('lastLogLine() is empty where there is no journal', async (t) => {
  const { host, script } = fakeHost(t);
  script('journalctl --unit', { stdout: `${'x'.repeat(600)}\n` });
  t.equal(await lastLogLine(host.run), 'x'.repeat(500));
  script('journalctl --unit', { code: 1, stdout: 'no rights' });
  t.equal(await lastLogLine(host.run), '');
});

t.test('commandRunner() gives code and output, and never rejects', async (t) => {
  const run = commandRunner(process.env);
  t.strictSame(await run('sh', ['-c', 'echo out; echo err >&2; exit 3']), {
    code: 3,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  t.match(await run('mon-no-such-command', []), { code: NOT_FOUND, stderr: /not installed/ });
  t.match(await run('/', []), { code: 1, stderr: /EACCES/ });
  t.match(await run('sh', ['-c', 'kill -9 $$']), { code: 1 });
});

t.test('commandLine() quotes as a shell wants it', async (t) => {
  t.equal(
    commandLine('a', ['--root=/mnt/x', "it's here", '']),
    "a --root=/mnt/x 'it'\\''s here' ''",
  );
});
