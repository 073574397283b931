import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  carryOutInstall,
  type InstallHost,
  prepareInstall,
} from '@mon/agent/install/carry-out-install';
import { type InstallOptions, planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import t from 'tap';
import { type FakeHost, fakeHost } from './fake-host.ts';

const KEEP = { replacesConfig: false };
const FORCE = { replacesConfig: true };

const OWN_CONFIG = `# mine
remote_write: [{url: 'http://127.0.0.1:9500/api/v1/write'}]
`;

/** Plans, prepares and carries out; gives what was prepared. */
async function install(
  { host, options }: FakeHost,
  more: Partial<InstallOptions> = {},
  choices = KEEP,
) {
  const prepared = await prepareInstall(planInstall({ ...options, ...more }), host, choices);
  await carryOutInstall(prepared, host);
  return prepared;
}

const kinds = ({ acts }: Awaited<ReturnType<typeof install>>) => acts.map(({ kind }) => kind);

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

t.test('carryOutInstall() writes every planned file, then runs every command', async (t) => {
  const fake = fakeHost(t);
  const { plan } = await install(fake, { token: 's3cret' });
  const { root } = fake.host;
  t.strictSame(filesBelow(root), plan.files.map(({ path }) => path).sort());
  for (const { path, text, mode } of plan.files) {
    t.equal(fake.read(path), text);
    t.equal((statSync(join(root, path)).mode & 0o7777).toString(8), mode.toString(8), path);
  }
  t.strictSame(fake.ran(), [
    'systemd-sysusers mon-agent.conf',
    'systemd-tmpfiles --create mon-agent.conf',
    'systemctl daemon-reload',
    'systemctl enable mon-agent.service',
    'systemctl start mon-agent.service',
  ]);
});

t.test('carryOutInstall() a second time changes nothing', async (t) => {
  const fake = fakeHost(t);
  const first = await install(fake);
  t.strictSame(kinds(first), ['create', 'create', 'create', 'create']);
  const stamp = () => first.plan.files.map(({ path }) => statSync(join(fake.host.root, path)).ino);
  const before = stamp();
  const ran = fake.ran();
  const second = await install(fake);
  t.strictSame(kinds(second), ['unchanged', 'unchanged', 'unchanged', 'unchanged']);
  t.strictSame(stamp(), before);
  t.strictSame(fake.ran(), [...ran, ...ran], 'no restart');
});

t.test('carryOutInstall() restarts the agent when its unit has changed', async (t) => {
  const fake = fakeHost(t);
  await install(fake);
  writeFileSync(join(fake.host.root, PLACES.unit), '[Service]\nExecStart=/bin/old\n');
  const again = await install(fake);
  t.strictSame(kinds(again), ['unchanged', 'replace', 'unchanged', 'unchanged']);
  t.equal(fake.ran().at(-1), 'systemctl restart mon-agent.service');
  t.match(fake.read(PLACES.unit), 'NoNewPrivileges');
});

t.test(
  'carryOutInstall() keeps a configuration that is there, the new one beside it',
  async (t) => {
    const fake = fakeHost(t);
    fake.write(PLACES.config, OWN_CONFIG);
    const { sendsElsewhere, plan } = await install(fake);
    t.equal(fake.read(PLACES.config), OWN_CONFIG);
    t.equal(fake.read(`${PLACES.config}.new`), plan.files[0]?.text);
    t.strictSame(sendsElsewhere, []);
    t.equal(fake.ran().at(-1), 'systemctl start mon-agent.service', 'nothing it runs with changed');
  },
);

t.test(
  'carryOutInstall() replaces a configuration when told to, and keeps the old one',
  async (t) => {
    const fake = fakeHost(t);
    fake.write(PLACES.config, OWN_CONFIG);
    chmodSync(join(fake.host.root, PLACES.config), 0o600);
    fake.write(`${PLACES.config}.old`, 'older');
    const { plan } = await install(fake, {}, FORCE);
    t.equal(fake.read(PLACES.config), plan.files[0]?.text);
    t.equal(fake.read(`${PLACES.config}.old`), OWN_CONFIG);
    t.equal(statSync(join(fake.host.root, `${PLACES.config}.old`)).mode & 0o777, 0o600);
    t.equal(fake.read(`${PLACES.config}.new`), undefined);
    t.equal(fake.ran().at(-1), 'systemctl restart mon-agent.service');
  },
);

t.test('prepareInstall() tells where a kept configuration sends to', async (t) => {
  const fake = fakeHost(t);
  fake.write(PLACES.config, OWN_CONFIG);
  const plan = planInstall({ ...fake.options, server: 'http://other:9500' });
  const kept = await prepareInstall(plan, fake.host, KEEP);
  t.strictSame(kept.sendsElsewhere, ['http://127.0.0.1:9500/api/v1/write']);
  const replaced = await prepareInstall(plan, fake.host, FORCE);
  t.strictSame(replaced.sendsElsewhere, []);
});

t.test('prepareInstall() refuses to keep a configuration that no agent can run with', async (t) => {
  const fake = fakeHost(t);
  fake.write(PLACES.config, 'remote_wriet: []\n');
  const plan = planInstall(fake.options);
  await t.rejects(prepareInstall(plan, fake.host, KEEP), {
    code: 'bad-config',
    message: /agent\.yml:1:1/,
  });
  await prepareInstall(plan, fake.host, FORCE);
});

t.test(
  'carryOutInstall() writes the files and runs nothing where systemd does not run',
  async (t) => {
    const fake = fakeHost(t);
    fake.script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
    const { runsCommands, plan } = await install(fake);
    t.equal(runsCommands, false);
    t.strictSame(fake.ran(), []);
    for (const { path, text } of plan.files) t.equal(fake.read(path), text);

    const run: InstallHost['run'] = async (command) => ({
      code: 127,
      stdout: '',
      stderr: `${command} is not installed`,
    });
    const bare = fakeHost(t, { run });
    t.equal((await install(bare)).runsCommands, false, 'systemctl is not there at all');
  },
);

t.test('carryOutInstall() of an image enables the unit there and starts nothing', async (t) => {
  const fake = fakeHost(t, { userId: 1000 });
  const image = fake.host.root;
  fake.script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
  await install(fake, { image, nodePath: '/nowhere/node' });
  t.strictSame(fake.ran(), [
    `systemd-sysusers --root=${image} mon-agent.conf`,
    `systemd-tmpfiles --root=${image} --create mon-agent.conf`,
    `systemctl --root=${image} enable mon-agent.service`,
  ]);
  t.match(fake.read(PLACES.unit), 'ExecStart=/nowhere/node ', 'paths are those of the image');
});

t.test('carryOutInstall() does not make an image that is not there', async (t) => {
  const fake = fakeHost(t);
  const image = join(fake.host.root, 'mistyped');
  fake.write('/a-file', '');
  for (const [root, message] of [
    [image, /Cannot install below .*mistyped: no such file/],
    [join(fake.host.root, 'a-file'), /it is no directory/],
  ] as const) {
    const misled = { ...fake, host: { ...fake.host, root } };
    const refused = install(misled, { image: root });
    await t.rejects(refused, { code: 'install-unwritable', message, mend: /--root/ });
  }
  t.strictSame(filesBelow(fake.host.root), ['/a-file']);
});

t.test(
  'prepareInstall() of a user who may not read the configuration takes it as another',
  async (t) => {
    const fake = fakeHost(t, { userId: 1000 });
    // Root may read every file; a directory in its place cannot be read by anybody.
    fake.write(`${PLACES.config}/in-the-way`, '');
    const plan = planInstall(fake.options);
    const { acts } = await prepareInstall(plan, fake.host, KEEP);
    t.match(acts[0], { kind: 'beside', isUnreadable: true });
    const asRoot = prepareInstall(plan, { ...fake.host, userId: 0 }, KEEP);
    await t.rejects(asRoot, { code: 'config-unreadable' });
  },
);

t.test('carryOutInstall() says which command failed, why, and leaves the files', async (t) => {
  const fake = fakeHost(t);
  fake.script('systemctl enable', { code: 1, stderr: 'hint\nUnit is masked.\n' });
  await t.rejects(install(fake), {
    code: 'command-failed',
    message: /systemctl enable mon-agent\.service`, which .*boot: it ended with 1, .*is masked\.$/,
  });
  t.ok(fake.read(PLACES.unit));
  t.equal(fake.ran().at(-1), 'systemctl enable mon-agent.service', 'nothing is run after it');
});

t.test('carryOutInstall() without the rights of root changes nothing', async (t) => {
  const fake = fakeHost(t, { userId: 1000 });
  await t.rejects(install(fake), { code: 'needs-root', mend: /sudo/ });
  t.strictSame(filesBelow(fake.host.root), []);
  t.strictSame(fake.ran(), []);
});

t.test('carryOutInstall() changes nothing where one place cannot be written', async (t) => {
  const fake = fakeHost(t);
  fake.write('/etc/tmpfiles.d', 'a file in the place of a directory');
  await t.rejects(install(fake), {
    code: 'install-unwritable',
    message: /tmpfiles\.d.* is no directory/,
  });
  t.strictSame(filesBelow(fake.host.root), ['/etc/tmpfiles.d']);
});

t.test('carryOutInstall() names the file that cannot be written after all', async (t) => {
  const fake = fakeHost(t);
  fake.write(`${PLACES.unit}/in-the-way`, '');
  await t.rejects(install(fake), {
    code: 'install-unwritable',
    message: /Cannot write .*mon-agent\.service: /,
  });
  t.notMatch(filesBelow(fake.host.root).join('\n'), /\.tmp/, 'no part of a file is left');
});

/** Why the agent could not run its programs. */
async function faults({ host, options }: FakeHost, more: Partial<InstallOptions> = {}) {
  const prepared = await prepareInstall(planInstall({ ...options, ...more }), host, KEEP);
  return prepared.programFaults.map(({ code, why }) => `${code}: ${why}`);
}

t.test('prepareInstall() tells which programs the agent could not run', async (t) => {
  const fake = fakeHost(t);
  const bin = fake.path.split(':')[0] ?? '';
  t.strictSame(await faults(fake), []);
  chmodSync(fake.options.monPath, 0o750);
  t.strictSame(await faults(fake), ['program-unreachable: others may not read it']);
  chmodSync(bin, 0o700);
  t.match(await faults(fake, { monPath: '/nowhere/run.js' }), [
    `program-unreachable: others may not enter ${bin}`,
    /^program-unreachable: no such file/,
  ]);
  const image = fakeHost(t);
  image.write('/usr/bin/node', '');
  const programs = { nodePath: '/usr/bin/node', monPath: '/usr/lib/mon/run.js' };
  t.match(await faults(image, { image: image.host.root, ...programs }), [
    /^program-unreachable: it is not in the image/,
  ]);
});

t.test('carryOutInstall() refuses such programs where systemd would start them', async (t) => {
  const fake = fakeHost(t);
  chmodSync(fake.options.monPath, 0o750);
  fake.write(`${PLACES.booted}/here`, '');
  await t.rejects(install(fake), { code: 'program-unreachable', mend: /usr\/local/ });
  t.strictSame(filesBelow(fake.host.root), [`${PLACES.booted}/here`]);
  const container = fakeHost(t);
  chmodSync(container.options.monPath, 0o750);
  await install(container);
  t.ok(container.read(PLACES.unit), 'elsewhere the files may be for another host');
});
