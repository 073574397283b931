import { compileSearch } from '@mon/storage/model/regex';
import t from 'tap';

t.test('compileSearch() matches anywhere', async (t) => {
  t.equal(compileSearch('w.b').isIn('a-web-1'), true);
  t.equal(compileSearch('^w').isIn('a-web-1'), false);
  t.equal(compileSearch('a.b').isIn('a\nb'), false, 'a dot is no newline');
});

t.test('replaceAll() fills groups by number and by name', async (t) => {
  t.equal(compileSearch('(w)(?P<rest>eb)').replaceAll('web web', '${rest}$1-$$'), 'ebw-$ ebw-$');
  t.equal(compileSearch('a').replaceAll('banana', '$0$9x|'), 'ba|na|na|');
  t.equal(compileSearch('x*').replaceAll('abc', '-'), '-a-b-c-');
});

t.test('compileSearch() refuses what is not RE2', async (t) => {
  t.throws(() => compileSearch('('), { code: 'bad-regex' });
  t.throws(() => compileSearch('a(?=b)'), { code: 'bad-regex' });
});
