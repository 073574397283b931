import { GLOBAL_DEFAULTS, globalSettings } from '@mon/storage/settings/global';
import { formatMistake, SettingsError } from '@mon/storage/settings/mistake';
import { readDocument, readSections, readSettingsFile } from '@mon/storage/settings/read-settings';
import {
  duration,
  flag,
  integer,
  oneOf,
  path,
  regex,
  revealSecret,
  secret,
  size,
  text,
  url,
} from '@mon/storage/settings/scalars';
import {
  list,
  mapOf,
  object,
  optional,
  required,
  type Schema,
  withDefault,
} from '@mon/storage/settings/schema';
import t from 'tap';

const environment = { MON_SECRET: 'hush' };

function read<T>(yaml: string, schema: Schema<T>): T {
  return readDocument({ file: '/etc/mon/mon.yml', text: yaml, environment }, schema).value;
}

function mistakesOf<T>(yaml: string, schema: Schema<T>): string[] {
  try {
    read(yaml, schema);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    return thrown.mistakes.map((mistake) => formatMistake(mistake).replace('/etc/mon/', ''));
  }
}

const target = object({
  url: required(url()),
  timeout: withDefault(duration({ min: 1 }), 10_000),
  body_limit: withDefault(size(), 1024),
  mode: withDefault(oneOf('pull', 'push'), 'pull'),
  drop: optional(regex()),
  labels: withDefault(mapOf(text()), {}),
  enabled: withDefault(flag(), true),
  retries: withDefault(integer({ min: 0, max: 10 }), 3),
});

t.test('readDocument() gives complete values with defaults', async (t) => {
  t.same(read('url: http://a:1/x\n', target), {
    url: 'http://a:1/x',
    timeout: 10_000,
    body_limit: 1024,
    mode: 'pull',
    drop: undefined,
    labels: {},
    enabled: true,
    retries: 3,
  });
  t.match(
    read(
      'url: http://a\ntimeout: 1m30s\nbody_limit: 64MB\nmode: push\ndrop: "a.*"\n' +
        'labels: {shard: 0, team: x}\nenabled: no\nretries: 10\n',
      target,
    ),
    {
      timeout: 90_000,
      body_limit: 64 * 1024 * 1024,
      mode: 'push',
      drop: 'a.*',
      labels: { shard: '0', team: 'x' },
      enabled: false,
      retries: 10,
    },
  );
});

t.test('readDocument() collects all mistakes with line, column and suggestion', async (t) => {
  const yaml = [
    'ur: http://a',
    'timeout: soon',
    'mode: pul',
    'drop: "(a"',
    'labels:',
    '  team: [x]',
    'enabled: perhaps',
    'retries: 11',
    'body_limit: 64 elephants',
    '',
  ].join('\n');
  const mistakes = mistakesOf(yaml, target);
  t.equal(mistakes.length, 9);
  t.ok(
    mistakes.includes("mon.yml:1:1: unknown key 'ur'; did you mean 'url'?"),
    mistakes.join('\n'),
  );
  t.ok(mistakes.some((line) => /^mon\.yml:1:1: url is missing/.test(line)));
  t.ok(
    mistakes.includes("mon.yml:2:10: timeout: must be a duration such as 15s or 1h30m, not 'soon'"),
  );
  t.ok(
    mistakes.includes(
      "mon.yml:3:7: mode: must be one of pull, push, not 'pul'; did you mean 'pull'?",
    ),
  );
  t.ok(mistakes.some((line) => /^mon\.yml:4:7: drop: Cannot compile/.test(line)));
  t.ok(mistakes.includes('mon.yml:6:9: labels.team: must be text, not a list'));
  t.ok(mistakes.includes("mon.yml:7:10: enabled: must be true or false, not 'perhaps'"));
  t.ok(mistakes.includes('mon.yml:8:10: retries: is 11, more than the most allowed, 10'));
});

t.test('readDocument() refuses values of a wrong kind', async (t) => {
  t.same(mistakesOf('- a\n- b\n', target), ['mon.yml:1:1: must be a map, not a list']);
  t.same(mistakesOf('a: 1\n', list(text())), [
    'mon.yml:1:1: must be a list, not a map; start each entry with "- "',
  ]);
  t.same(mistakesOf('- a\n-\n', list(text())), ['mon.yml:2:2: [1]: is empty; it must be text']);
  t.match(mistakesOf('url: ftp://a\n', target), [/must be a URL starting with http:/]);
  t.match(mistakesOf('url:\n', target), [/^mon\.yml:1:5: url: is empty/]);
});

t.test('readDocument() says where YAML itself is broken', async (t) => {
  t.match(mistakesOf('url: [http://a\n', target), [/^mon\.yml:2:1: is not YAML/]);
  t.match(mistakesOf('url: http://a\nurl: http://b\n', target), [/^mon\.yml:2:1: this key stands/]);
  t.match(mistakesOf('labels:\n\ta: b\n', target), [/^mon\.yml:2:1: .*tab/]);
});

t.test('readDocument() follows anchors and merge keys, and refuses bombs', async (t) => {
  const shared = object({ x: required(mapOf(text())), y: required(mapOf(text())) });
  t.same(read('x: &a {p: 1, q: 2}\ny:\n  <<: *a\n  q: 3\n', shared), {
    x: { p: '1', q: '2' },
    y: { q: '3', p: '1' },
  });
  let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
  for (let i = 1; i < 10; i++) {
    bomb += `a${i}: &a${i} [${Array(10)
      .fill(`*a${i - 1}`)
      .join(', ')}]\n`;
  }
  t.match(mistakesOf(bomb, shared), [/cannot be expanded/]);
});

t.test('secret() takes text, an environment variable or a file', async (t) => {
  const schema = object({ token: required(secret()) });
  const readFile = async (from: string) => `from ${from}\n`;
  t.equal(await revealSecret(read('token: abc\n', schema).token, readFile), 'abc');
  t.equal(await revealSecret(read('token: {env: MON_SECRET}\n', schema).token, readFile), 'hush');
  t.equal(
    await revealSecret(read('token: {file: token}\n', schema).token, readFile),
    'from /etc/mon/token',
  );
  t.match(mistakesOf('token: {env: NOPE}\n', schema), [/NOPE, which is not set/]);
  t.match(mistakesOf('token: {}\n', schema), [/either env or file/]);
});

t.test('path() starts at the folder of the file', async (t) => {
  t.same(read('[rules/*.yml, /abs]\n', list(path())), ['/etc/mon/rules/*.yml', '/abs']);
});

const sections = { global: withDefault(globalSettings, GLOBAL_DEFAULTS) };

t.test('readSections() reads its sections, leaves others, flags unknown ones', async (t) => {
  const yaml = 'global:\n  scrape_interval: 15s\nscrape_configs:\n  - nonsense\nstorage: {}\n';
  const { value, warnings } = readSections({ file: 'p.yml', text: yaml, environment }, sections);
  t.equal(value.global.scrapeIntervalMs, 15_000);
  t.equal(value.global.scrapeTimeoutMs, 10_000);
  t.same(warnings.map(formatMistake), [
    "p.yml:5:1: warning: 'storage' is known, but mon does not use it yet",
  ]);
  const unknown = { file: 'p.yml', text: 'scrape_config: []\n', environment };
  t.throws(() => readSections(unknown, sections), { message: /did you mean 'scrape_configs'/ });
  t.throws(() => readSections({ ...unknown, text: 'hello' }, sections), { code: 'bad-config' });
});

t.test('readSections() takes an empty file', async (t) => {
  for (const text of ['', '# nothing\n', 'global:\n', 'global: {}\n']) {
    t.same(readSections({ file: 'p.yml', text, environment }, sections).value, {
      global: GLOBAL_DEFAULTS,
    });
  }
});

t.test('globalSettings refuses a timeout longer than the interval', async (t) => {
  const text = 'global:\n  scrape_interval: 5s\n  scrape_timeout: 6s\n';
  t.throws(() => readSections({ file: 'p.yml', text, environment }, sections), {
    message: /scrape_timeout is longer/,
  });
  t.equal(
    readSections({ file: 'p', text: 'global: {scrape_interval: 5s}', environment }, sections).value
      .global.scrapeTimeoutMs,
    5000,
  );
});

t.test('readSettingsFile() says which file cannot be read', async (t) => {
  await t.rejects(readSettingsFile('/nonexistent/mon.yml'), { code: 'config-unreadable' });
  const dir = t.testdir({ 'binary.yml': Buffer.from([0xff, 0xfe, 0x00]) });
  await t.rejects(readSettingsFile(`${dir}/binary.yml`), { code: 'config-unreadable' });
});
