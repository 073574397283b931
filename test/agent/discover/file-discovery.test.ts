import { renameSync } from 'node:fs';
import { FileDiscovery, SETTLE_MS } from '@mon/agent/discover/file-discovery';
import { parseTargetFile } from '@mon/agent/discover/target-file';
import { labelsOfGroup, type TargetGroup } from '@mon/agent/discover/target-group';
import { ManualClock } from '@mon/storage/model/manual-clock';
import t, { type Test } from 'tap';
import { eventually } from '../eventually.ts';
import { type HostTree, hostTree } from '../host-tree.ts';

async function discover(t: Test, tree: HostTree, ...names: string[]) {
  const clock = new ManualClock();
  const failures: string[] = [];
  let groups: readonly TargetGroup[] = [];
  const discovery = new FileDiscovery({
    settings: { patterns: names.map((name) => `${tree.root}${name}`), refreshIntervalMs: 60_000 },
    clock,
    onGroups: (found) => {
      groups = found;
    },
    onFailure: (_, reason) => failures.push(reason),
  });
  await discovery.start();
  t.teardown(() => discovery.stop());
  const addresses = () => groups.flatMap((group) => [...group.addresses]).sort();
  return { clock, discovery, failures, addresses, groups: () => groups };
}

t.test('parseTargetFile() reads YAML and JSON alike', async (t) => {
  const json = '[{"targets": ["a:1", "b:2"], "labels": {"dc": "eu"}}, {"targets": []}]';
  const yaml = '- targets: [a:1, "b:2"]\n  labels:\n    dc: eu\n- targets: []\n';
  for (const [name, text] of [
    ['x.json', json],
    ['x.yml', yaml],
    ['y.yaml', json],
  ] as const) {
    const groups = parseTargetFile(name, text);
    t.strictSame(groups.flatMap(labelsOfGroup), [
      { dc: 'eu', __meta_filepath: name, __address__: 'a:1' },
      { dc: 'eu', __meta_filepath: name, __address__: 'b:2' },
    ]);
    t.equal(new Set(groups.map((group) => group.source)).size, 2);
  }
  t.strictSame(parseTargetFile('x.yml', ''), []);
});

t.test('parseTargetFile() says where a file is wrong', async (t) => {
  const cases: [string, string, RegExp][] = [
    ['x.json', '[{"targets": "a:1"}]', /x\.json:1:14: .*must be a list/],
    ['x.json', '[{"target": ["a:1"]}]', /did you mean 'targets'/],
    ['x.json', '[{"targets": ["a:1"]', /x\.json:/],
    ['x.yml', '- targets: [a:1]\n  lables: {}\n', /x\.yml:2:3: .*did you mean 'labels'/],
    ['x.yml', 'targets: [a]\n', /must be a list/],
  ];
  for (const [name, text, why] of cases)
    t.throws(() => parseTargetFile(name, text), { code: 'bad-config', why }, text);
});

t.test('FileDiscovery finds files by name and by star', async (t) => {
  const tree = hostTree(t, {
    '/sd/a.json': '[{"targets": ["a:1"]}]',
    '/sd/b.json': '[{"targets": ["b:1"]}]',
    '/sd/c.yml': '- targets: ["c:1"]\n',
    '/sd/d.txt': 'x',
  });
  const running = await discover(
    t,
    tree,
    '/sd/*.json',
    '/sd/c.yml',
    '/sd/missing.yml',
    '/no/*.yml',
  );
  t.strictSame(running.addresses(), ['a:1', 'b:1', 'c:1']);
  t.strictSame(running.failures, []);
});

t.test('FileDiscovery sees changes, new files and files that are gone', async (t) => {
  const tree = hostTree(t, { '/a.json': '[{"targets": ["a:1"]}]' });
  const running = await discover(t, tree, '/*.json');
  const becomes = (wanted: string[]) =>
    eventually(`the targets become ${wanted}`, () => {
      void running.clock.advance(SETTLE_MS);
      return JSON.stringify(running.addresses()) === JSON.stringify(wanted);
    });
  tree.write('/a.json', '[{"targets": ["a:2"]}]');
  await becomes(['a:2']);
  tree.write('/b.json', '[{"targets": ["b:1"]}]');
  await becomes(['a:2', 'b:1']);
  tree.write('/b.tmp', '[{"targets": ["b:2"]}]');
  renameSync(`${tree.root}/b.tmp`, `${tree.root}/b.json`);
  await becomes(['a:2', 'b:2']);
  tree.remove('/a.json');
  await becomes(['b:2']);
});

t.test('FileDiscovery reads again once an interval where nothing can be watched', async (t) => {
  const tree = hostTree(t, {});
  const running = await discover(t, tree, '/later/a.json');
  t.strictSame(running.addresses(), []);
  tree.write('/later/a.json', '[{"targets": ["a:1"]}]');
  await eventually('the file is found', () => {
    void running.clock.advance(60_000);
    return running.addresses().length === 1;
  });
});

t.test(
  'FileDiscovery keeps the last good state of a broken file and reports it once',
  async (t) => {
    const tree = hostTree(t, { '/a.json': '[{"targets": ["a:1"]}]' });
    const running = await discover(t, tree, '/a.json');
    tree.write('/a.json', '[{"targets": ["a:2"');
    await eventually('the failure is told', () => {
      void running.clock.advance(SETTLE_MS);
      return running.failures.length > 0;
    });
    for (let i = 0; i < 3; i++) await running.clock.advance(60_000);
    t.strictSame(running.addresses(), ['a:1']);
    t.equal(running.failures.length, 1);
    t.equal(running.discovery.failures().size, 1);
    tree.write('/a.json', '[{"targets": ["a:3"]}]');
    await eventually('the file is read', () => {
      void running.clock.advance(SETTLE_MS);
      return running.addresses()[0] === 'a:3';
    });
    t.equal(running.discovery.failures().size, 0);
  },
);
