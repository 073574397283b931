import { errorText } from '@mon/cli/error-text';
import { EXIT, exitCodeOf } from '@mon/cli/exit-code';
import { MonError } from '@mon/storage/model/error';
import t from 'tap';

const fields = { code: 'x', what: 'Cannot do it', why: 'it is late', mend: 'Come earlier.' };

t.test('errorText() is one line, or several where the reason has several', async (t) => {
  t.equal(
    errorText(new MonError(fields)),
    'Error: Cannot do it: it is late. Try this: Come earlier.',
  );
  t.equal(
    errorText(new MonError({ ...fields, why: 'is it late?' })),
    'Error: Cannot do it: is it late? Try this: Come earlier.',
  );
  t.equal(
    errorText(new MonError({ ...fields, why: 'two mistakes\n  a\n  b' })),
    'Error: Cannot do it: two mistakes\n  a\n  b\nTry this: Come earlier.',
  );
});

t.test('errorText() shows where a bug is', async (t) => {
  t.match(
    errorText(new Error('BUG: odd length')),
    /BUG: odd length\n +at .+\n(.+\n)*Try this: Report/,
  );
  t.match(errorText('thrown'), /Unexpected: thrown/);
});

t.test('exitCodeOf() tells unreachable and refused servers from other failures', async (t) => {
  const code = (name: string) => exitCodeOf(new MonError({ ...fields, code: name }));
  t.equal(code('server-unreachable'), EXIT.unreachable);
  t.equal(code('not-authorised'), EXIT.unauthorised);
  t.equal(code('interrupted'), EXIT.interrupted);
  t.equal(code('bad-query'), EXIT.failed);
  t.equal(exitCodeOf(new Error('BUG')), EXIT.failed);
});
