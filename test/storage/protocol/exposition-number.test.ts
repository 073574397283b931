import { readNumber } from '@mon/storage/protocol/exposition-number';
import t from 'tap';

function read(text: string): number | undefined {
  const bytes = Buffer.from(`x${text}y`);
  return readNumber(bytes, 1, bytes.length - 1);
}

t.test('readNumber() reads what Number() reads', async (t) => {
  const texts = [
    '0',
    '-0',
    '1',
    '+5',
    '12.5',
    '.5',
    '5.',
    '1e3',
    '1E-3',
    '1.5e+22',
    '1e23',
    '-1e-22',
  ];
  texts.push('123456789012345', '1234567890123456', '0.1', '0.000001', '1.7976931348623157e308');
  texts.push('5e-324', '1e400', '9007199254740993', '3.141592653589793', '1e0022');
  for (const text of texts) t.equal(read(text), Number(text), text);
  t.ok(Object.is(read('-0'), -0));
});

t.test('readNumber() agrees with Number() on random doubles in several spellings', async (t) => {
  const view = new DataView(new ArrayBuffer(8));
  let failures = 0;
  for (let i = 0; i < 20_000; i++) {
    view.setUint32(0, Math.floor(Math.random() * 2 ** 32));
    view.setUint32(4, Math.floor(Math.random() * 2 ** 32));
    const value = i % 2 === 0 ? view.getFloat64(0) : Math.round(Math.random() * 1e6) / 1000;
    if (!Number.isFinite(value)) continue;
    for (const text of [String(value), value.toExponential(), value.toFixed(3)]) {
      if (!Object.is(read(text), Number(text))) {
        failures++;
        t.comment(text);
      }
    }
  }
  t.equal(failures, 0);
});

t.test('readNumber() reads the special values in any case', async (t) => {
  for (const text of ['NaN', 'nan', 'NAN']) t.ok(Number.isNaN(read(text)), text);
  for (const text of ['Inf', '+Inf', 'infinity', '+INF']) t.equal(read(text), Infinity, text);
  for (const text of ['-Inf', '-infinity']) t.equal(read(text), -Infinity, text);
});

t.test('readNumber() refuses what is no decimal number', async (t) => {
  const texts = [
    '',
    '+',
    '-',
    '.',
    'e5',
    '1e',
    '1e+',
    '1.2.3',
    '0x1f',
    '0x1p4',
    '1_000',
    '1 2',
    '--1',
  ];
  texts.push('Infinit', '+NaN', '1f', '1,5', '٣', '1'.repeat(2000));
  for (const text of texts) t.equal(read(text), undefined, text.slice(0, 10));
});
