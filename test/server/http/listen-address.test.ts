import {
  formatListenAddress,
  parseListenAddress,
  refuseOpenAddress,
} from '@mon/server/http/listen-address';
import t from 'tap';

t.test('parseListenAddress() reads hosts, IPv6 and every address', async (t) => {
  t.same(parseListenAddress('127.0.0.1:9500'), { host: '127.0.0.1', port: 9500 });
  t.same(parseListenAddress('[::1]:0'), { host: '::1', port: 0 });
  t.same(parseListenAddress(':9500'), { host: '::', port: 9500 });
  t.same(parseListenAddress('metrics.example:80'), { host: 'metrics.example', port: 80 });
  for (const text of ['', '9500', 'a:b', 'a:70000', '::1:9500', 'http://a:1', 'a b:1']) {
    t.throws(() => parseListenAddress(text), { code: 'bad-listen-address' }, text);
  }
});

t.test('formatListenAddress() puts IPv6 into brackets', async (t) => {
  for (const text of ['127.0.0.1:9500', '[::1]:9500', 'localhost:1']) {
    t.equal(formatListenAddress(parseListenAddress(text)), text);
  }
});

t.test('refuseOpenAddress() lets loopback alone through without the flag', async (t) => {
  for (const text of ['127.0.0.1:1', '127.8.9.1:1', '[::1]:1', 'localhost:1']) {
    t.doesNotThrow(() => refuseOpenAddress(parseListenAddress(text), false), text);
  }
  for (const text of ['0.0.0.0:1', ':1', '192.168.0.1:1', 'example.org:1', '127.0.0.1.x:1']) {
    const address = parseListenAddress(text);
    t.throws(() => refuseOpenAddress(address, false), { code: 'listen-needs-auth' }, text);
    t.doesNotThrow(() => refuseOpenAddress(address, true), text);
  }
});
