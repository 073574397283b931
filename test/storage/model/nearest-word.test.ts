/** What is suggested for a mistyped word. */
import { editDistance, nearestWord } from '@mon/storage/model/nearest-word';
import t from 'tap';

t.test('nearestWord() finds what was meant and nothing far-fetched', async (t) => {
  t.equal(nearestWord('scrap_configs', ['scrape_configs', 'rule_files']), 'scrape_configs');
  t.equal(nearestWord('intreval', ['interval', 'internal']), 'interval');
  t.equal(nearestWord('xyz', ['scrape_configs', 'rule_files']), undefined);
  t.equal(nearestWord('quantil', ['quantiles', 'quantile']), 'quantile');
  t.equal(nearestWord('grou', ['grow', 'group']), 'group', 'cut short before mistyped');
  t.equal(nearestWord('x'.repeat(65), ['x'.repeat(64)]), undefined, 'too long to compare');
});

t.test('editDistance() counts swaps of neighbours as one', async (t) => {
  t.equal(editDistance('kitten', 'sitting'), 3);
  t.equal(editDistance('', 'abc'), 3);
  t.equal(editDistance('ab', 'ba'), 1);
});
