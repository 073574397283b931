import {
  carryOutInstall,
  type InstallHost,
  prepareInstall,
} from '@mon/agent/install/carry-out-install';
import {
  carryOutUninstall,
  prepareUninstall,
  presentRemovals,
} from '@mon/agent/install/carry-out-uninstall';
import { planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import { uninstallText } from '@mon/agent/install/plan-text';
import t, { type Test } from 'tap';
import { type FakeHost, fakeHost } from './fake-host.ts';

const PASSWD = 'root:x:0:0::/root:/bin/sh\nmon-agent:x:990:990::/var/lib/mon-agent:/bin/false\n';
const ENABLED_LINK = '/etc/systemd/system/multi-user.target.wants/mon-agent.service';

/** A host with an agent that has run. */
async function installedHost(t: Test, given: Partial<InstallHost> = {}): Promise<FakeHost> {
  const fake = fakeHost(t, given);
  const plan = planInstall({ ...fake.options, token: 's3cret' });
  const host = { ...fake.host, userId: 0 };
  await carryOutInstall(await prepareInstall(plan, host, { replacesConfig: false }), host);
  fake.write('/etc/passwd', PASSWD);
  fake.write(ENABLED_LINK, '');
  fake.write(`${PLACES.stateDir}/spool/00000001`, 'samples');
  return fake;
}

async function uninstall({ host, ran }: FakeHost, purges: boolean, image?: string) {
  const before = ran().length;
  const plan = await prepareUninstall({ purges, image }, host);
  const removed = await carryOutUninstall(plan, host);
  return { removed, ran: ran().slice(before) };
}

t.test('carryOutUninstall() removes the unit and keeps configuration and spool', async (t) => {
  const fake = await installedHost(t);
  const { removed, ran } = await uninstall(fake, false);
  t.strictSame(ran, [
    'systemctl stop mon-agent.service',
    'systemctl disable mon-agent.service',
    'systemctl daemon-reload',
  ]);
  t.strictSame(removed, [ENABLED_LINK, PLACES.unit, PLACES.sysusers, PLACES.tmpfiles]);
  for (const path of removed) t.equal(fake.read(path), undefined);
  for (const path of [PLACES.config, PLACES.token, `${PLACES.stateDir}/spool/00000001`]) {
    t.ok(fake.read(path), `${path} stays`);
  }
});

t.test('carryOutUninstall() purges configuration, token, spool and user', async (t) => {
  const fake = await installedHost(t);
  fake.write(`${PLACES.unit}.d/override.conf`, '[Service]\nMemoryMax=1G\n');
  const { removed, ran } = await uninstall(fake, true);
  t.equal(ran.at(-1), 'userdel mon-agent');
  t.strictSame(removed.slice(4), [
    PLACES.config,
    PLACES.token,
    `${PLACES.unit}.d`,
    PLACES.stateDir,
    PLACES.configDir,
  ]);
  t.equal(fake.read(`${PLACES.stateDir}/spool/00000001`), undefined);
});

t.test('carryOutUninstall() leaves what others put beside the configuration', async (t) => {
  const fake = await installedHost(t);
  fake.write('/etc/mon/server.yml', 'server: {}\n');
  const { removed } = await uninstall(fake, true);
  t.notOk(removed.includes(PLACES.configDir));
  t.equal(fake.read('/etc/mon/server.yml'), 'server: {}\n');
});

t.test('carryOutUninstall() has nothing to do where no agent is', async (t) => {
  const fake = fakeHost(t);
  for (const purges of [false, true]) {
    t.strictSame(await uninstall(fake, purges), { removed: [], ran: [] });
  }
});

t.test('carryOutUninstall() needs no systemd', async (t) => {
  const fake = await installedHost(t);
  fake.script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
  const { removed, ran } = await uninstall(fake, true);
  t.strictSame(ran, ['userdel mon-agent']);
  t.ok(removed.includes(ENABLED_LINK));
});

t.test('carryOutUninstall() of an image asks nothing of the host', async (t) => {
  const fake = await installedHost(t, { userId: 1000 });
  const { removed, ran } = await uninstall(fake, true, fake.host.root);
  t.strictSame(ran, [`userdel --prefix ${fake.host.root} mon-agent`]);
  t.ok(removed.includes(PLACES.unit));
});

t.test('carryOutUninstall() changes nothing without the rights of root', async (t) => {
  const fake = await installedHost(t, { userId: 1000 });
  await t.rejects(uninstall(fake, true), { code: 'needs-root', what: /uninstall/ });
  t.ok(fake.read(PLACES.unit));
});

t.test('carryOutUninstall() removes nothing when the agent cannot be stopped', async (t) => {
  const fake = await installedHost(t);
  fake.script('systemctl stop', { code: 4, stderr: 'Access denied\n' });
  await t.rejects(uninstall(fake, true), {
    code: 'command-failed',
    message: /systemctl stop mon-agent\.service`, which stops the agent: .* saying: Access denied$/,
  });
  t.ok(fake.read(PLACES.unit));
});

t.test('uninstallText() lists what would be done, and only what is there', async (t) => {
  const fake = await installedHost(t);
  const plan = await prepareUninstall({ purges: true, image: undefined }, fake.host);
  const text = uninstallText(plan, await presentRemovals(plan, fake.host.root));
  t.strictSame(
    text.split('\n').map((line) => line.replace(/ {4}#.*/, '')),
    [
      '==> run systemctl stop mon-agent.service',
      '==> run systemctl disable mon-agent.service',
      `==> remove ${ENABLED_LINK}`,
      '==> remove /etc/systemd/system/mon-agent.service',
      '==> remove /etc/sysusers.d/mon-agent.conf',
      '==> remove /etc/tmpfiles.d/mon-agent.conf',
      '==> remove /etc/mon/agent.yml',
      '==> remove /etc/mon/agent.token',
      '==> remove /var/lib/mon-agent',
      '==> run systemctl daemon-reload',
      '==> run userdel mon-agent',
      '',
    ],
  );
  t.ok(fake.read(PLACES.unit), 'nothing was done');
});
