import { cutToWidth, displayWidth, padEnd, padStart } from '@mon/cli/print/width';
import t from 'tap';

t.test('displayWidth() counts columns of a terminal', async (t) => {
  const cases: [string, number][] = [
    ['', 0],
    ['plain', 5],
    ['é', 1],
    ['e\u0301', 1],
    ['日本', 4],
    ['한글', 4],
    ['🔥', 2],
    ['👩‍👩‍👧', 2],
    ['⚠️', 2],
    ['│┤⡠', 3],
    ['µ…', 2],
  ];
  for (const [text, width] of cases) t.equal(displayWidth(text), width, JSON.stringify(text));
});

t.test('cutToWidth() never exceeds the width and never halves a character', async (t) => {
  t.equal(cutToWidth('abcdef', 6), 'abcdef');
  t.equal(cutToWidth('abcdef', 4), 'abc…');
  t.equal(cutToWidth('日本語', 4), '日…');
  t.equal(cutToWidth('日本語', 1), '…');
  t.equal(cutToWidth('abc', 0), '');
});

t.test('padEnd() and padStart() pad by columns', async (t) => {
  t.equal(padEnd('日', 4), '日  ');
  t.equal(padStart('日', 4), '  日');
  t.equal(padEnd('long', 2), 'long');
});
