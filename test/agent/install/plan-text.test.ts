import { prepareInstall } from '@mon/agent/install/carry-out-install';
import { planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import { installText } from '@mon/agent/install/plan-text';
import t from 'tap';
import { fakeHost } from './fake-host.ts';

t.test('installText() shows every file with its content and every command', async (t) => {
  const { host, options, ran } = fakeHost(t);
  const plan = planInstall(options);
  const text = installText(await prepareInstall(plan, host, { replacesConfig: false }));
  for (const { path, text: content, mode, owner } of plan.files) {
    const title = `==> create ${path} (mode 0${mode.toString(8)}, owner ${owner})\n`;
    t.ok(text.includes(title + content), path);
  }
  t.match(text, '(mode 0640, owner root:mon-agent)\n# Configuration of the mon agent');
  t.match(text, '==> run systemctl start mon-agent.service    # starts the agent\n');
  t.match(text, /==> check that samples arrive at http:\/\/127\.0\.0\.1:9500, for up to 60 s\n$/);
  t.strictSame(ran(), []);
});

t.test('installText() never shows the token', async (t) => {
  const { host, options } = fakeHost(t);
  const plan = planInstall({ ...options, token: 's3cret' });
  const text = installText(await prepareInstall(plan, host, { replacesConfig: false }));
  t.match(text, '==> create /etc/mon/agent.token (mode 0600, owner root:root)\n(the token, not');
  t.notMatch(text, 's3cret');
});

t.test('installText() says what is there already and what becomes of it', async (t) => {
  const { host, options, script, write } = fakeHost(t);
  const plan = planInstall(options);
  const unit = plan.files.find(({ path }) => path === PLACES.unit)?.text ?? '';
  write(PLACES.unit, unit);
  write(PLACES.sysusers, 'another');
  write(PLACES.config, 'remote_write: []');
  script('systemctl is-system-running', { code: 1, stdout: 'offline\n' });
  const kept = installText(await prepareInstall(plan, host, { replacesConfig: false }));
  t.match(kept, `==> leave ${PLACES.unit}: it is the same already\n`);
  t.match(kept, `==> replace ${PLACES.sysusers} (mode 0644, owner root:root)\n`);
  t.match(kept, `==> keep ${PLACES.config}, which differs, and write ${PLACES.config}.new beside`);
  t.match(kept, '==> not run, as systemd does not run here: systemctl daemon-reload');
  t.notMatch(kept, 'check that samples');
  const forced = installText(await prepareInstall(plan, host, { replacesConfig: true }));
  t.match(forced, `replace ${PLACES.config}, keeping the present one as ${PLACES.config}.old (`);
});
