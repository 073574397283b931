import { compileRelabel, type RelabelText } from '@mon/agent/relabel/relabel-rule';
import {
  resolveTarget,
  type Target,
  type TargetDefaults,
  type TargetOutcome,
} from '@mon/agent/scrape/target-labels';
import { labelsToRecord } from '@mon/storage/model/labels';
import t from 'tap';

const DEFAULTS: TargetDefaults = {
  jobName: 'web',
  intervalMs: 15_000,
  timeoutMs: 10_000,
  metricsPath: '/metrics',
  scheme: 'http',
  params: {},
};

function resolve(
  found: Record<string, string>,
  rules: RelabelText[] = [],
  defaults: Partial<TargetDefaults> = {},
): TargetOutcome {
  return resolveTarget(found, { ...DEFAULTS, ...defaults }, rules.map(compileRelabel));
}

function target(outcome: TargetOutcome): Target {
  if (outcome.kind !== 'target') throw new Error(outcome.dropped.reason);
  return outcome.target;
}

t.test('resolveTarget() gives job, instance and URL', async (t) => {
  const found = target(resolve({ __address__: 'web-01:9100', __meta_x: 'y', dc: 'eu', none: '' }));
  t.equal(found.url, 'http://web-01:9100/metrics');
  t.strictSame(labelsToRecord(found.labels), { dc: 'eu', instance: 'web-01:9100', job: 'web' });
  t.strictSame(labelsToRecord(found.discoveredLabels), {
    __address__: 'web-01:9100',
    __meta_x: 'y',
    __metrics_path__: '/metrics',
    __scheme__: 'http',
    __scrape_interval__: '15s',
    __scrape_timeout__: '10s',
    dc: 'eu',
    job: 'web',
  });
});

t.test('resolveTarget() lets targets and rules override what the job says', async (t) => {
  const found = target(
    resolve({ __address__: 'a:1', job: 'mine', __scheme__: 'https', __metrics_path__: 'm' }, [
      { targetLabel: '__address__', replacement: 'b:2' },
      { targetLabel: '__scrape_interval__', replacement: '30s' },
      { sourceLabels: ['__scrape_timeout__'], targetLabel: '__tmp' },
      { targetLabel: 'instance', replacement: 'named' },
    ]),
  );
  t.equal(found.url, 'https://b:2/m');
  t.equal(found.intervalMs, 30_000);
  t.strictSame(labelsToRecord(found.labels), { instance: 'named', job: 'mine' });
});

t.test('resolveTarget() puts params into labels and the URL', async (t) => {
  const params = { module: ['http', 'icmp'], target: ['x y'] };
  const plain = target(resolve({ __address__: 'a:1' }, [], { params }));
  t.equal(plain.url, 'http://a:1/metrics?module=http&module=icmp&target=x+y');
  const probe: RelabelText[] = [
    { sourceLabels: ['__address__'], targetLabel: '__param_target' },
    { sourceLabels: ['__param_target'], targetLabel: 'instance' },
    { targetLabel: '__address__', replacement: 'blackbox:9115' },
  ];
  const probed = target(resolve({ __address__: 'https://example.org/a?b' }, probe));
  t.equal(probed.url, 'http://blackbox:9115/metrics?target=https%3A%2F%2Fexample.org%2Fa%3Fb');
  t.match(labelsToRecord(probed.labels), { instance: 'https://example.org/a?b' });
});

t.test('resolveTarget() says why a target is dropped', async (t) => {
  const reason = (outcome: TargetOutcome) =>
    outcome.kind === 'dropped' ? outcome.dropped.reason : 'kept';
  const at = (name: string, value: string): RelabelText[] => [
    { targetLabel: name, replacement: value },
  ];
  const found = { __address__: 'a:1' };
  t.match(reason(resolve(found, [{ action: 'drop' }])), /rule drops/);
  t.match(reason(resolve({})), /no __address__/);
  t.match(reason(resolve(found, at('__address__', ''))), /no __address__/);
  t.match(reason(resolve(found, at('__scrape_interval__', 'soon'))), /__scrape_interval__/);
  t.match(reason(resolve(found, at('__scrape_timeout__', '0s'))), /__scrape_timeout__/);
  t.match(reason(resolve(found, at('__scrape_interval__', '5s'))), /longer than its interval/);
  t.match(reason(resolve({ __address__: 'http://a:1/x' })), /gives no URL/);
  t.match(reason(resolve(found, at('__scheme__', 'ftp'))), /gives no URL/);
});
