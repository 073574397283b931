import { zoneAbbreviation } from '@mon/agent/procfs/time-zone';
import t from 'tap';

t.test('zoneAbbreviation() tells summer from winter by the offset', async (t) => {
  const zone = Buffer.from('TZif2\0\nXX\nCET-1CEST,M3.5.0,M10.5.0/3\n');
  t.equal(zoneAbbreviation(zone, 3600), 'CET');
  t.equal(zoneAbbreviation(zone, 7200), 'CEST');
});

t.test('zoneAbbreviation() reads zones without summer and with numbers for names', async (t) => {
  t.equal(zoneAbbreviation(Buffer.from('TZif\nUTC0\n'), 0), 'UTC');
  t.equal(zoneAbbreviation(Buffer.from('TZif\n<+0545>-5:45\n'), 20_700), '+0545');
  t.equal(zoneAbbreviation(Buffer.from('TZif\nEST5EDT,M3.2.0,M11.1.0\n'), -18_000), 'EST');
  t.equal(zoneAbbreviation(Buffer.from('TZif\nEST5EDT,M3.2.0,M11.1.0\n'), -14_400), 'EDT');
  t.equal(zoneAbbreviation(Buffer.from('no zone'), 0), undefined);
  t.equal(zoneAbbreviation(Buffer.from(''), 0), undefined);
});
