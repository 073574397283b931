import { type Column, formatRows } from '@mon/cli/print/rows';
import t from 'tap';

interface Host {
  readonly name: string;
  readonly load: number;
  readonly labels: Readonly<Record<string, string>>;
}

const COLUMNS: readonly Column<Host>[] = [
  { key: 'host_name', value: (host) => host.name },
  {
    key: 'load',
    value: (host) => host.load,
    text: (host) => host.load.toFixed(1),
    align: 'right',
  },
  { key: 'labels', value: (host) => host.labels },
];
const ROWS: readonly Host[] = [
  { name: 'web-1', load: 0.123456, labels: { job: 'node', dc: 'a' } },
  { name: '日本 "x", y', load: 12, labels: {} },
];

t.test('formatRows() draws a table by the width of terminal columns', async (t) => {
  t.equal(
    formatRows('table', COLUMNS, ROWS),
    [
      'HOST NAME    LOAD  LABELS',
      'web-1         0.1  job=node, dc=a',
      '日本 "x", y  12.0',
      '',
    ].join('\n'),
  );
});

t.test('formatRows() writes exact values as CSV', async (t) => {
  t.equal(
    formatRows('csv', COLUMNS, ROWS),
    'host_name,load,labels\nweb-1,0.123456,"job=node, dc=a"\n"日本 ""x"", y",12,\n',
  );
});

t.test('formatRows() writes JSON and YAML under stable keys', async (t) => {
  t.same(JSON.parse(formatRows('json', COLUMNS, ROWS)), [
    { host_name: 'web-1', load: 0.123456, labels: { job: 'node', dc: 'a' } },
    { host_name: '日本 "x", y', load: 12, labels: {} },
  ]);
  t.equal(
    formatRows('yaml', COLUMNS, ROWS.slice(0, 1)),
    '- host_name: web-1\n  load: 0.123456\n  labels:\n    job: node\n    dc: a\n',
  );
});

t.test('formatRows() keeps control characters from the terminal', async (t) => {
  const columns: Column<string>[] = [{ key: 'value', value: (text) => text }];
  t.equal(formatRows('table', columns, ['a\u001b[31mb\nc\td']), 'VALUE\na\\u001b[31mb\\nc\\td\n');
});

t.test('formatRows() folds texts of a table that is wider than the terminal', async (t) => {
  const name = 'a-name-without-any-space-in-it';
  const labels = { job: 'node', team: 'infrastructure', dc: 'a' };
  t.equal(
    formatRows('table', COLUMNS, [{ name, load: 3, labels }], 40),
    [
      'HOST NAME         LOAD  LABELS',
      'a-name-without-a   3.0  job=node,',
      'ny-space-in-it          team=infrastruct',
      '                        ure, dc=a',
      '',
    ].join('\n'),
  );
  const wide = formatRows('table', COLUMNS, ROWS, 20);
  t.match(wide, /^web-1 +0\.1 {2}job=node, dc=a$/m, 'never below a readable width');
});
