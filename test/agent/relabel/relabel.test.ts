// biome-ignore-all lint/suspicious/noTemplateCurlyInString: groups of a replacement look like that.
import { relabel } from '@mon/agent/relabel/relabel';
import { compileRelabel, type RelabelText } from '@mon/agent/relabel/relabel-rule';
import { labelsFromRecord, labelsToRecord } from '@mon/storage/model/labels';
import t from 'tap';

type Record_ = Record<string, string>;

/** The labels after one or more rules, or 'dropped'. */
function apply(record: Record_, ...rules: RelabelText[]): Record_ | 'dropped' {
  const labels = relabel(labelsFromRecord(record), rules.map(compileRelabel));
  return labels === undefined ? 'dropped' : labelsToRecord(labels);
}

t.test('relabel() replace fills groups into the target label', async (t) => {
  const rule: RelabelText = {
    sourceLabels: ['a', 'b'],
    regex: 'f(.*);(.*)r',
    targetLabel: 'd',
    replacement: 'ch${1}-ch${1}-$2',
  };
  t.strictSame(apply({ a: 'foo', b: 'bar' }, rule), { a: 'foo', b: 'bar', d: 'choo-choo-ba' });
  t.strictSame(apply({ a: 'foo', b: 'baz' }, rule), { a: 'foo', b: 'baz' }, 'no match, no change');
});

t.test('relabel() replace is anchored and . takes newlines', async (t) => {
  const rule: RelabelText = { sourceLabels: ['a'], regex: 'b', targetLabel: 'd', replacement: 'x' };
  t.strictSame(apply({ a: 'abc' }, rule), { a: 'abc' });
  const all: RelabelText = { sourceLabels: ['a'], targetLabel: 'd' };
  t.strictSame(apply({ a: 'x\ny' }, all), { a: 'x\ny', d: 'x\ny' });
});

t.test('relabel() replace knows named groups, $$ and groups that are not there', async (t) => {
  const rule = (replacement: string): RelabelText => {
    return { sourceLabels: ['a'], regex: '(?P<host>[^:]+):(\\d+)', targetLabel: 'd', replacement };
  };
  const d = (replacement: string) => {
    const labels = apply({ a: 'web:80' }, rule(replacement));
    return labels === 'dropped' ? labels : labels['d'];
  };
  t.equal(d('${host}.local'), 'web.local');
  t.equal(d('$host'), 'web');
  t.equal(d('$2-$1'), '80-web');
  t.equal(d('$$1'), '$1');
  t.equal(d('x$9y'), 'x', 'the name of the group is 9y');
  t.equal(d('x${9}y'), 'xy');
});

t.test('relabel() replace with an empty result removes the label', async (t) => {
  const rule: RelabelText = { sourceLabels: ['a'], targetLabel: 'a', replacement: '' };
  t.strictSame(apply({ a: 'foo', b: 'x' }, rule), { b: 'x' });
  const none: RelabelText = { targetLabel: 'c', replacement: 'const' };
  t.strictSame(apply({ a: '1' }, none), { a: '1', c: 'const' }, 'no source labels');
});

t.test('relabel() replace takes groups in the name of the target', async (t) => {
  const rule: RelabelText = {
    sourceLabels: ['a'],
    regex: 'some-([^-]+)-([^,]+)',
    targetLabel: '${1}',
    replacement: '${2}',
  };
  t.strictSame(apply({ a: 'some-name-value' }, rule), { a: 'some-name-value', name: 'value' });
  const gone: RelabelText = { ...rule, targetLabel: '${3}' };
  t.strictSame(apply({ a: 'some-name-value' }, gone), { a: 'some-name-value' });
});

t.test('relabel() keep and drop look at the joined value', async (t) => {
  const labels = { a: 'foo', b: 'bar' };
  const keep: RelabelText = { action: 'keep', sourceLabels: ['a', 'b'], regex: 'foo;bar' };
  t.strictSame(apply(labels, keep), labels);
  t.equal(apply(labels, { ...keep, regex: 'foo' }), 'dropped');
  t.equal(apply(labels, { ...keep, action: 'drop' }), 'dropped');
  t.strictSame(apply(labels, { ...keep, action: 'drop', regex: 'foo' }), labels);
  const slash: RelabelText = { ...keep, separator: '/', regex: 'foo/bar/' };
  t.strictSame(apply(labels, { ...slash, sourceLabels: ['a', 'b', 'missing'] }), labels);
});

t.test('relabel() stops at the rule that drops', async (t) => {
  const drop: RelabelText = { action: 'drop', sourceLabels: ['a'], regex: '.*o.*' };
  t.equal(apply({ a: 'foo' }, drop, { targetLabel: 'b', replacement: 'x' }), 'dropped');
});

t.test('relabel() keepequal and dropequal compare two labels', async (t) => {
  const rule: RelabelText = { action: 'keepequal', sourceLabels: ['port'], targetLabel: 'wanted' };
  t.strictSame(apply({ port: '80', wanted: '80' }, rule), { port: '80', wanted: '80' });
  t.equal(apply({ port: '80', wanted: '81' }, rule), 'dropped');
  t.equal(apply({ port: '80', wanted: '80' }, { ...rule, action: 'dropequal' }), 'dropped');
  t.equal(apply({ x: '1' }, { ...rule, action: 'dropequal' }), 'dropped', 'both missing are equal');
});

t.test('relabel() hashmod is the low half of MD5 modulo', async (t) => {
  // Prometheus's own expectations for these values: model/relabel/relabel_test.go.
  const rule: RelabelText = {
    action: 'hashmod',
    sourceLabels: ['c'],
    targetLabel: 'd',
    modulus: 1000,
  };
  t.strictSame(apply({ c: 'baz' }, rule), { c: 'baz', d: '976' });
  t.strictSame(apply({ c: 'foo\nbar' }, rule), { c: 'foo\nbar', d: '734' });
});

t.test('relabel() labelmap copies names that match', async (t) => {
  const rule: RelabelText = { action: 'labelmap', regex: '__meta_(my.*)' };
  t.strictSame(apply({ __meta_my_bar: 'aaa', __meta_other: 'b', a: 'x' }, rule), {
    __meta_my_bar: 'aaa',
    __meta_other: 'b',
    a: 'x',
    my_bar: 'aaa',
  });
  const prefix: RelabelText = { action: 'labelmap', regex: '(b.*)', replacement: 'bar_${1}' };
  t.strictSame(apply({ a: 'foo', b1: 'bar', b2: 'baz' }, prefix), {
    a: 'foo',
    b1: 'bar',
    b2: 'baz',
    bar_b1: 'bar',
    bar_b2: 'baz',
  });
});

t.test('relabel() labeldrop and labelkeep choose by name', async (t) => {
  const labels = { a: '1', b1: '2', b2: '3' };
  t.strictSame(apply(labels, { action: 'labeldrop', regex: 'b.*' }), { a: '1' });
  t.strictSame(apply(labels, { action: 'labelkeep', regex: 'b.*' }), { b1: '2', b2: '3' });
});

t.test('relabel() lowercase and uppercase write the joined value', async (t) => {
  const rule: RelabelText = { action: 'lowercase', sourceLabels: ['foo'], targetLabel: 'low' };
  const labels = apply({ foo: 'bAr123Foo' }, rule, {
    action: 'uppercase',
    sourceLabels: ['foo'],
    targetLabel: 'up',
  });
  t.strictSame(labels, { foo: 'bAr123Foo', low: 'bar123foo', up: 'BAR123FOO' });
});

t.test('compileRelabel() refuses an expression that is not RE2', async (t) => {
  t.throws(() => compileRelabel({ regex: '(?=x)' }), { code: 'bad-regex' });
});
