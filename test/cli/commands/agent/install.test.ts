import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { MON, runMon } from '../../run-mon.ts';

t.test('mon agent install --dry-run prints every file and command', async (t) => {
  const image = t.testdir();
  const args = ['agent', 'install', '--server', 'http://h:9500', '--root', image, '--dry-run'];
  const { code, stdout, stderr } = await runMon(args);
  t.equal(code, 0, stderr);
  t.match(
    stdout,
    /^==> create \/etc\/mon\/agent\.yml .*\n[^=]*url: "http:\/\/h:9500\/api\/v1\/write"/s,
  );
  t.match(stdout, /^==> create \/etc\/systemd\/system\/mon-agent\.service /m);
  t.match(stdout, `ExecStart=${process.execPath} ${MON} agent run --config /etc/mon/agent.yml`);
  t.match(stdout, /^ProtectSystem=strict$/m);
  t.match(stdout, /^==> run systemctl --root=\S+ enable mon-agent\.service /m);
});

t.test('mon agent install --dry-run never shows the token', async (t) => {
  const dir = t.testdir({ image: {} });
  writeFileSync(join(dir, 'token'), 'very-secret\n');
  const line = 'agent install --server http://h --token-file token --root image --dry-run';
  const { code, stdout } = await runMon(line.split(' '), { cwd: dir });
  t.equal(code, 0);
  t.notMatch(stdout, 'very-secret');
  t.match(stdout, '/etc/mon/agent.token');
});

t.test('mon agent install refuses what it cannot send to', async (t) => {
  for (const [flags, pattern] of [
    ['', /the flag --server is missing/],
    ['--server nowhere', /not an http:\/\/ or https:\/\/ URL/],
    ['--server http://h --token-file /missing', /Cannot read the token file/],
  ] as const) {
    const args = ['agent', 'install', ...flags.split(' ').filter((word) => word !== '')];
    const { code, stdout, stderr } = await runMon([...args, '--dry-run']);
    t.equal(code, 1, flags);
    t.equal(stdout, '');
    t.match(stderr, pattern);
  }
});

t.test('mon agent uninstall --dry-run says what is there to remove', async (t) => {
  const image = t.testdir({ etc: { systemd: { system: { 'mon-agent.service': '[Unit]\n' } } } });
  const found = await runMon(['agent', 'uninstall', '--root', image, '--dry-run']);
  t.equal(found.code, 0, found.stderr);
  t.match(found.stdout, /^==> remove \/etc\/systemd\/system\/mon-agent\.service$/m);
  const nothing = await runMon(['agent', 'uninstall', '--root', t.testdir(), '--dry-run']);
  t.equal(nothing.stderr, 'There is nothing to remove.\n');
});
