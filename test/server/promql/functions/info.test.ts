import { infoSelection, joinInfo } from '@mon/server/promql/functions/info';
import type { Matcher } from '@mon/storage/model/matcher';
import t from 'tap';
import { matrixOf, type Row, rowsOf } from './vectors.ts';

const name = (kind: Matcher['kind'], value: string): Matcher => ({ kind, name: '__name__', value });
const web = { job: 'web', instance: 'a' };

/** Info rows hold the times of their samples. */
function joined(base: readonly Row[], info: readonly Row[], matchers: readonly Matcher[]): Row[] {
  return rowsOf(joinInfo(matrixOf(base), matrixOf(info), infoSelection(matchers)));
}

t.test('infoSelection() looks at target_info unless another name is asked for', async (t) => {
  const data: Matcher = { kind: '=~', name: 'version', value: '.+' };
  t.same(infoSelection([data]).matchers, [name('=', 'target_info'), data]);
  t.same(infoSelection([name('=', 'build_info')]).matchers, [name('=', 'build_info')]);
  t.same(infoSelection([name('!=', 'build_info')]).matchers, [
    name('=~', '.+_info'),
    name('!=', 'build_info'),
  ]);
});

t.test('joinInfo() adds the labels of the info series of the same job and instance', async (t) => {
  const info: Row[] = [
    [{ __name__: 'target_info', ...web, version: '1', os: 'linux' }, 10],
    [{ __name__: 'target_info', job: 'web', instance: 'b', version: '2' }, 10],
  ];
  t.same(joined([[{ __name__: 'm', ...web, os: 'own' }, 1]], info, []), [
    [{ __name__: 'm', ...web, os: 'own', version: '1' }, 1],
  ]);
  // Without either label, or with another one, nothing is found.
  t.same(joined([[{ __name__: 'm', job: 'web' }, 1]], info, []), [
    [{ __name__: 'm', job: 'web' }, 1],
  ]);
  t.same(joined([[{ __name__: 'm' }, 1]], [[{ __name__: 'target_info', x: 'y' }, 1]], []), [
    [{ __name__: 'm' }, 1],
  ]);
});

t.test('joinInfo() takes only the labels that are asked for', async (t) => {
  const info: Row[] = [[{ __name__: 'target_info', ...web, version: '1', os: 'linux' }, 10]];
  const asked = (value: string): Matcher[] => [{ kind: '=~', name: 'version', value }];
  t.same(joined([[web, 1]], info, asked('.+')), [[{ ...web, version: '1' }, 1]]);
  // What has no info stays only if the matchers would take an empty label.
  const alone: Row[] = [[{ job: 'db', instance: 'a' }, 1]];
  t.same(joined(alone, info, asked('.+')), []);
  t.same(joined(alone, info, asked('.*')), alone);
});

t.test('joinInfo() changes labels from step to step, the newest sample counting', async (t) => {
  const info: Row[] = [
    [{ __name__: 'target_info', ...web, version: '1' }, 10, 10, undefined],
    [{ __name__: 'target_info', ...web, version: '2' }, undefined, 20, 20],
  ];
  t.same(joined([[web, 1, 2, 3]], info, []), [
    [{ ...web, version: '1' }, 1, undefined, undefined],
    [{ ...web, version: '2' }, undefined, 2, 3],
  ]);
});

t.test(
  'joinInfo() joins several info metrics and leaves info series themselves alone',
  async (t) => {
    const info: Row[] = [
      [{ __name__: 'target_info', ...web, version: '1' }, 10],
      [{ __name__: 'build_info', ...web, commit: 'c' }, 10],
    ];
    const names = [name('=~', '.+_info')];
    t.same(joined([[{ __name__: 'm', ...web }, 1]], info, names), [
      [{ __name__: 'm', ...web, version: '1', commit: 'c' }, 1],
    ]);
    const base: Row[] = [[{ __name__: 'build_info', ...web, commit: 'c' }, 1]];
    t.same(joined(base, info, names), base);
  },
);

t.test('joinInfo() fails where info contradicts itself', async (t) => {
  const twice: Row[] = [
    [{ __name__: 'target_info', ...web, version: '1' }, 10],
    [{ __name__: 'target_info', ...web, version: '2' }, 10],
  ];
  t.throws(() => joined([[web, 1]], twice, []), {
    code: 'query-failed',
    why: /^found duplicate series for info metric/,
  });
  const conflict: Row[] = [
    [{ __name__: 'target_info', ...web, version: '1' }, 10],
    [{ __name__: 'build_info', ...web, version: '2' }, 10],
  ];
  t.throws(() => joined([[web, 1]], conflict, [name('=~', '.+_info')]), {
    code: 'query-failed',
    why: 'conflicting label: version',
  });
});
