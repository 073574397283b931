import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLACES } from '@mon/agent/install/places';
import { unitWord } from '@mon/agent/install/unit-file';
import t from 'tap';
import { OPTIONS, plannedText } from './install-options.ts';

/** `OK` or better: systemd calls 5.0 and more `MEDIUM`; this is what the unit keeps to. */
const EXPOSURE_MAX = 2;

const ANALYZE = 'systemd-analyze';
const hasOffline = /--offline/.test(
  spawnSync(ANALYZE, ['--help'], { encoding: 'utf8' }).stdout ?? '',
);
const skip = hasOffline ? false : `${ANALYZE} with --offline is not installed`;

t.test('unitText() is rated OK or better by systemd-analyze security', { skip }, async (t) => {
  const unit = join(t.testdir(), 'mon-agent.service');
  writeFileSync(unit, plannedText(PLACES.unit));
  const args = ['security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE_MAX * 10}`];
  const { status, stdout } = spawnSync(ANALYZE, [...args, unit], { encoding: 'utf8' });
  t.match(stdout, /Overall exposure level for mon-agent\.service: [01]\.\d OK/);
  t.equal(status, 0);
});

t.test('unitText() has nothing that systemd does not understand', { skip }, async (t) => {
  const unit = join(t.testdir(), 'mon-agent.service');
  // Both exist on every machine that runs this test.
  const paths = { nodePath: process.execPath, monPath: import.meta.filename };
  writeFileSync(unit, plannedText(PLACES.unit, paths));
  const { status, stdout, stderr } = spawnSync(ANALYZE, ['verify', unit], { encoding: 'utf8' });
  t.equal(stdout + stderr, '');
  t.equal(status, 0);
});

t.test(
  'unitText() runs mon with the Node and entry given, whatever is in their paths',
  async (t) => {
    t.match(
      plannedText(PLACES.unit),
      '\nExecStart=/usr/bin/node /usr/lib/mon/bin/run.js agent run --config /etc/mon/agent.yml\n',
    );
    const odd = { ...OPTIONS, nodePath: '/opt/my node/100%/no"de', monPath: '/opt/$mon\\run.js' };
    t.match(
      plannedText(PLACES.unit, odd),
      'ExecStart="/opt/my node/100%%/no\\"de" "/opt/$$mon\\\\run.js" agent run',
    );
    t.equal(unitWord('a$b'), 'a$$b');
    t.equal(unitWord(''), '""');
  },
);

t.test('unitText() takes rights away, and names why one directive is left off', async (t) => {
  const unit = plannedText(PLACES.unit);
  const directives = [
    'User=mon-agent',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'CapabilityBoundingSet=',
    'MemoryMax=256M',
    'CPUQuota=50%',
    'StateDirectory=mon-agent',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'Restart=on-failure',
    'LoadCredential=token:/etc/mon/agent.token',
  ];
  for (const directive of directives) t.ok(unit.includes(`\n${directive}\n`), directive);
  t.notMatch(unit, /^MemoryDenyWriteExecute/m);
  t.match(unit, /^# .*MemoryDenyWriteExecute must stay off/m);
});
