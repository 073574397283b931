import { readAgentConfig } from '@mon/agent/config/agent-settings';
import { planInstall } from '@mon/agent/install/install-plan';
import { PLACES } from '@mon/agent/install/places';
import t from 'tap';
import { parse } from 'yaml';
import { OPTIONS, plannedText } from './install-options.ts';

const words = (options: Partial<typeof OPTIONS>) =>
  planInstall({ ...OPTIONS, ...options }).commands.map(({ command, args }) =>
    [command, ...args].join(' '),
  );

t.test(
  'planInstall() lists every file with mode, owner and what it does to a present one',
  async (t) => {
    const { files, server } = planInstall(OPTIONS);
    t.equal(server, 'http://127.0.0.1:9500');
    t.strictSame(
      files.map(({ path, mode, owner, present }) => [path, mode.toString(8), owner, present]),
      [
        ['/etc/mon/agent.yml', '640', 'root:mon-agent', 'keep'],
        ['/etc/systemd/system/mon-agent.service', '644', 'root:root', 'replace'],
        ['/etc/sysusers.d/mon-agent.conf', '644', 'root:root', 'replace'],
        ['/etc/tmpfiles.d/mon-agent.conf', '644', 'root:root', 'replace'],
      ],
    );
  },
);

t.test(
  'planInstall() starts the agent on this host, and only enables it in an image',
  async (t) => {
    t.strictSame(words({}), [
      'systemd-sysusers mon-agent.conf',
      'systemd-tmpfiles --create mon-agent.conf',
      'systemctl daemon-reload',
      'systemctl enable mon-agent.service',
      'systemctl start mon-agent.service',
    ]);
    t.strictSame(words({ image: '/mnt/image' }), [
      'systemd-sysusers --root=/mnt/image mon-agent.conf',
      'systemd-tmpfiles --root=/mnt/image --create mon-agent.conf',
      'systemctl --root=/mnt/image enable mon-agent.service',
    ]);
  },
);

t.test('planInstall() writes a configuration for host metrics and StatsD', async (t) => {
  t.strictSame(parse(plannedText(PLACES.config)), {
    global: { scrape_interval: '15s' },
    scrape_configs: [],
    remote_write: [{ url: 'http://127.0.0.1:9500/api/v1/write' }],
    agent: {
      spool: { dir: '/var/lib/mon-agent', bytes: '1GB' },
      host: { interval: '15s', job: 'node' },
      statsd: { listen: '127.0.0.1:8125' },
    },
  });
  const named = { server: 'https://mon.example.org/team/', tenant: 'shop', instance: 'web "1"' };
  t.match(parse(plannedText(PLACES.config, named)), {
    remote_write: [
      { url: 'https://mon.example.org/team/api/v1/write', headers: { 'X-Scope-OrgID': 'shop' } },
    ],
    agent: { host: { instance: 'web "1"' } },
  });
});

t.test('planInstall() writes a configuration that the agent takes without a warning', async (t) => {
  for (const options of [{}, { token: 's3cret', tenant: 'shop', instance: 'web-1' }]) {
    const text = plannedText(PLACES.config, options);
    const read = await readAgentConfig({ file: PLACES.config, text, environment: {} });
    t.strictSame(read.warnings, []);
    const { spool, host, statsd, remotes } = read.settings;
    t.match(spool, { dir: PLACES.stateDir, bytesMax: 1024 ** 3 });
    t.match(host, { job: 'node', intervalMs: 15_000, isEnabled: true });
    t.match(statsd, { host: '127.0.0.1', port: 8125, isEnabled: true });
    t.equal(remotes[0]?.url, 'http://127.0.0.1:9500/api/v1/write');
  }
});

t.test('planInstall() keeps the token out of every file but its own', async (t) => {
  const { files } = planInstall({ ...OPTIONS, token: 's3cret' });
  const holders = files.filter(({ text }) => text.includes('s3cret'));
  t.match(holders, [{ path: PLACES.token, mode: 0o600, text: 's3cret\n', isSecret: true }]);
  t.equal(holders.length, 1);
  t.match(parse(plannedText(PLACES.config, { token: 's3cret' })), {
    remote_write: [
      { authorization: { credentials_file: '/run/credentials/mon-agent.service/token' } },
    ],
  });
});

t.test('planInstall() refuses what is no server, tenant or instance', async (t) => {
  const refused: [Partial<typeof OPTIONS>, string, RegExp][] = [
    [{ server: 'mon:9500' }, 'bad-server-url', /no http|not an http/],
    [{ server: '' }, 'bad-server-url', /not an http/],
    [{ server: 'ftp://mon' }, 'bad-server-url', /not an http/],
    [{ server: 'http://mon:99999' }, 'bad-server-url', /not an http/],
    [{ server: 'http://mon/?a=b' }, 'bad-server-url', /query/],
    [{ server: 'http://mon:9500/api/v1/write' }, 'bad-server-url', /added by itself/],
    [{ tenant: 'a b' }, 'bad-tenant', /letters/],
    [{ instance: '' }, 'bad-instance', /1 to 255/],
    [{ instance: 'a\nb: c' }, 'bad-instance', /one line/],
  ];
  for (const [options, code, message] of refused) {
    t.throws(() => planInstall({ ...OPTIONS, ...options }), { code, message });
  }
});

t.test('planInstall() does not repeat a password that stands in a URL', async (t) => {
  t.throws(() => planInstall({ ...OPTIONS, server: 'https://me:hunter2@mon:9500' }), {
    code: 'bad-server-url',
    message: /^(?!.*hunter2).*a user name or a password/,
  });
});
