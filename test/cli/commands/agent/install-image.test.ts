import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fakeHost } from '../../../agent/install/fake-host.ts';
import { MON, type RunResult, runMon } from '../../run-mon.ts';

const SERVER = ['--server', 'http://127.0.0.1:9500'];

/** An image to install into, and recording commands in place of systemd's. */
function image(t: Test) {
  const fake = fakeHost(t);
  const { root } = fake.host;
  const env = { PATH: fake.path };
  const mon = (...args: string[]): Promise<RunResult> =>
    runMon(['agent', ...args, '--root', root], { env });
  return { ...fake, root, mon };
}

t.test('mon agent install --root writes into an image, and a second time nothing', async (t) => {
  const { root, mon, read, ran } = image(t);
  const dry = await mon('install', ...SERVER, '--dry-run');
  t.equal(dry.code, 0, dry.stderr);
  t.strictSame([readdirSync(root), ran()], [[], []], 'a dry run changes nothing');
  const first = await mon('install', ...SERVER, '--tenant', 'shop', '--instance', 'web-1');
  t.equal(first.code, 0, first.stderr);
  t.equal(first.stdout, '');
  t.match(first.stderr, /^create \/etc\/mon\/agent\.yml\ncreate .*mon-agent\.service\n/m);
  t.match(first.stderr, `The agent starts when ${root} is booted.`);
  t.match(first.stderr, `run ${process.execPath}: it is not in the image`);
  const config = read('/etc/mon/agent.yml');
  t.match(config, 'X-Scope-OrgID: "shop"\n');
  t.match(config, 'instance: "web-1"\n');
  const unit = read('/etc/systemd/system/mon-agent.service');
  t.match(unit, /ExecStart=\S+\/node \S+\/packages\/cli\/bin\/run\.js agent run --config \/etc/);
  t.equal(ran().at(-1), `systemctl --root=${root} enable mon-agent.service`);

  const second = await mon('install', ...SERVER, '--tenant', 'shop', '--instance', 'web-1');
  t.equal(second.code, 0);
  t.match(second.stderr, /\n(leave .*: it is the same already\n){4}/);
});

t.test('mon agent install keeps a configuration, and replaces it with --force', async (t) => {
  const { mon, read, write } = image(t);
  const own = '# mine\nremote_write: [{ url: "http://old/api/v1/write" }]\n';
  write('/etc/mon/agent.yml', own);
  const kept = await mon('install', ...SERVER);
  t.match(kept.stderr, 'keep /etc/mon/agent.yml, which differs, and write /etc/mon/agent.yml.new');
  t.equal(read('/etc/mon/agent.yml'), own);
  const forced = await mon('install', ...SERVER, '--force');
  t.equal(forced.code, 0);
  t.match(
    forced.stderr,
    'replace /etc/mon/agent.yml, keeping the present one as /etc/mon/agent.yml.old',
  );
  t.equal(read('/etc/mon/agent.yml.old'), own);
  t.match(read('/etc/mon/agent.yml'), 'http://127.0.0.1:9500/api/v1/write');
});

/** Root may do everything: what is refused to others is tried as nobody. */
const NOBODY = process.geteuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const env = { ...process.env, HOME: '/nonexistent', NO_COLOR: '1' };
const monAsNobody = (...args: string[]) =>
  spawnSync(process.execPath, [MON, ...args], { ...NOBODY, env, encoding: 'utf8' });
const skip =
  monAsNobody('version').status === 0 ? false : 'the user nobody cannot read this checkout';

t.test(
  'mon agent install and uninstall without the rights of root change nothing',
  { skip },
  async (t) => {
    for (const args of [
      ['install', ...SERVER],
      ['uninstall', '--purge'],
    ]) {
      const { status, stdout, stderr } = monAsNobody('agent', ...args);
      t.equal(status, 1);
      t.equal(stdout, '');
      t.match(
        stderr,
        /^Error: Cannot (un)?install the agent: that takes the rights of root; .*sudo/,
      );
    }
  },
);

t.test('mon agent install refuses a root directory that is read-only', { skip }, async (t) => {
  const { root } = image(t);
  mkdirSync(join(root, 'etc'));
  chmodSync(join(root, 'etc'), 0o555);
  const { status, stderr } = monAsNobody('agent', 'install', ...SERVER, '--root', root);
  t.equal(status, 1);
  t.match(stderr, /^Error: Cannot write \S+\/etc\/mon: permission denied.* Try this: .+$/m);
  t.strictSame(readdirSync(join(root, 'etc')), []);
});

t.test('mon agent uninstall --root removes what was installed', async (t) => {
  const { root, mon, read, ran } = image(t);
  await mon('install', ...SERVER);
  const dry = await mon('uninstall', '--dry-run');
  t.match(dry.stdout, /^==> remove \/etc\/systemd\/system\/mon-agent\.service\n/);
  t.ok(read('/etc/systemd/system/mon-agent.service'));
  const { code, stderr } = await mon('uninstall');
  t.equal(code, 0);
  t.match(stderr, 'removed /etc/systemd/system/mon-agent.service\n');
  t.ok(read('/etc/mon/agent.yml'), 'the configuration stays');
  writeFileSync(join(root, 'etc/passwd'), 'mon-agent:x:990:990::/:/bin/false\n');
  const purged = await mon('uninstall', '--purge');
  t.match(purged.stderr, 'removed /etc/mon/agent.yml\nremoved /etc/mon\n');
  t.equal(ran().at(-1), `userdel --prefix ${root} mon-agent`);
  rmSync(join(root, 'etc/passwd'));
  t.equal((await mon('uninstall', '--purge')).stderr, 'There was nothing to remove.\n');
});
