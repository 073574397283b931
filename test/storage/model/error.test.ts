import { readFileSync } from 'node:fs';
import { reasonOf } from '@mon/storage/model/error';
import t from 'tap';

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}

t.test('reasonOf() says what failed, without code, call and path of a system call', async (t) => {
  t.equal(reasonOf(thrownBy(() => readFileSync('/missing'))), 'no such file or directory');
  t.equal(reasonOf(thrownBy(() => readFileSync('/'))), 'illegal operation on a directory');
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
    ...{ code: 'ECONNREFUSED', syscall: 'connect' },
  });
  t.equal(reasonOf(refused), 'connect ECONNREFUSED 127.0.0.1:1');
  t.equal(reasonOf(new Error('late')), 'late');
  t.equal(reasonOf('thrown'), 'thrown');
});
