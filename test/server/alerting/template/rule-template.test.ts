import {
  expandRuleTemplate,
  parseRuleTemplate,
  type QueriedSeries,
} from '@mon/server/alerting/template/rule-template';
import { labelsFromRecord } from '@mon/storage/model/labels';
import t, { type Test } from 'tap';

// Expected texts were taken from promtool 2.42 (`promtool test rules`) for the same input.

const SERIES: Readonly<Record<string, readonly QueriedSeries[]>> = {
  up: [up('a:1', 0), up('b:1', 1)],
  'up == 1': [up('b:1', 1)],
  nothing: [],
};

function up(instance: string, value: number): QueriedSeries {
  return { labels: labelsFromRecord({ __name__: 'up', instance }), value };
}

async function expand(text: string): Promise<string> {
  const template = parseRuleTemplate({ name: '__alert_A', text });
  const { text: expanded } = await expandRuleTemplate(template, {
    labels: labelsFromRecord({ __name__: 'm', host: 'web-1', job: 'api' }),
    value: 1234567.891,
    externalLabels: labelsFromRecord({ region: 'eu' }),
    externalUrl: 'http://mon.example:9500/at',
    timeMs: 300_000,
    query: async (expr) => {
      const series = /^n\d+$/.test(expr) ? [] : SERIES[expr];
      if (!series) throw new Error('1:4: parse error');
      return series;
    },
  });
  return expanded;
}

async function checkTable(t: Test, table: readonly (readonly [string, string])[]) {
  for (const [text, wanted] of table) t.equal(await expand(text), wanted, text);
}

t.test('expandRuleTemplate() reads labels, value and external labels', (t) =>
  checkTable(t, [
    ['plain', 'plain'],
    ['{{ $value }}', '1.234567891e+06'],
    ['{{$labels.host}}/{{.Labels.job}}', 'web-1/api'],
    ['{{ $labels.nope }}|', '|'],
    ['{{ $externalLabels.region }} {{ $externalURL }}', 'eu http://mon.example:9500/at'],
    ['{{ externalURL }} {{ pathPrefix }}', 'http://mon.example:9500/at /at'],
    ['{{ $labels }}', 'map[__name__:m host:web-1 job:api]'],
    ['{{ .Value | printf "%.1f" }}', '1234567.9'],
  ]),
);

t.test('expandRuleTemplate() writes numbers for people', (t) =>
  checkTable(t, [
    ['{{ $value | humanize }} {{ $value | humanize1024 }}', '1.235M 1.177Mi'],
    ['{{ humanize "1500" }} {{ humanize 1500 }} {{ humanize -0.0 }}', '1.5k 1.5k -0'],
    ['{{ humanize 999999 }} {{ humanize 0.00012 }}', '1000k 120u'],
    ['{{ humanizeDuration $value }}', '14d 6h 56m 7s'],
    ['{{ humanizeDuration 0.0012 }} {{ humanizeDuration -62 }}', '1.2ms -1m 2s'],
    ['{{ humanizeDuration 0 }} {{ humanizeDuration 12.3456 }}', '0s 12.35s'],
    ['{{ 0.12345 | humanizePercentage }}', '12.35%'],
    ['{{ humanizeTimestamp 1435065584.128 }}', '2015-06-23 13:19:44.128 +0000 UTC'],
    ['{{ toTime 1435065584 }}', '2015-06-23 13:19:44 +0000 UTC'],
    ['{{ (toTime 1435065584.128).Format "Mon Jan _2 15:04 2006" }}', 'Tue Jun 23 13:19 2015'],
    ['{{ humanize "+Inf" }} {{ humanizeDuration "NaN" }}', '+Inf NaN'],
    ['{{ parseDuration "1h30m" }}', '5400'],
    ['{{ 100000.0 }} {{ 1000000.0 }} {{ 0.0001 }} {{ 0.00001 }}', '100000 1e+06 0.0001 1e-05'],
  ]),
);

t.test('expandRuleTemplate() formats as printf does, wrong verbs marked', (t) =>
  checkTable(t, [
    ['{{ printf "%.2f|%d|%s|%q" $value 5 "a" "b\\n" }}', '1234567.89|5|a|"b\\n"'],
    ['{{ printf "%5d|%-5d|%05d|%x|%X|%t" 42 42 42 255 255 true }}', '   42|42   |00042|ff|FF|true'],
    [
      '{{ printf "%8.3f|%+d|% d|%-4s|%4s|%.2s" 3.14159 5 5 "ab" "ab" "abcdef" }}',
      '   3.142|+5| 5|ab  |  ab|ab',
    ],
    ['{{ printf "%d" $value }}', '%!d(float64=1.234567891e+06)'],
    ['{{ printf "%s" 5 }} {{ printf "%f" 5 }}', '%!s(int=5) %!f(int=5)'],
    ['{{ printf "%d %d" 1 }} {{ printf "%d" 1 2 }}', '1 %!d(MISSING) 1%!(EXTRA int=2)'],
    ['{{ printf "%" }} {{ printf "%v" nil }}', '%!(NOVERB) <nil>'],
    ['{{ printf "%.0f %.0f %.0f %.1f" 0.5 1.5 2.5 0.25 }}', '0 2 2 0.2'],
    [
      '{{ printf "%*d|%.*f|%#x|%U|%c|%b|%o" 5 42 2 3.14159 255 8984 65 5 8 }}',
      '   42|3.14|0xff|U+2318|A|101|10',
    ],
    ['{{ printf "%+.1e|%e|%T" 12345.678 1.0 1.0 }}', '+1.2e+04|1.000000e+00|float64'],
  ]),
);

t.test('expandRuleTemplate() compares and reckons with truth as Go does', (t) =>
  checkTable(t, [
    ['{{ if gt $value 100.0 }}big{{ else }}small{{ end }}', 'big'],
    ['{{ if false }}a{{ else if eq 1 1 }}b{{ else }}c{{ end }}', 'b'],
    [
      '{{ eq $labels.host "x" "web-1" }} {{ ne 1 2 }} {{ le 2 2 }} {{ ge 1.5 2.5 }}',
      'true true true false',
    ],
    ['{{ and true "" }}|{{ and 1 2 }}|{{ or 0 "x" }}|{{ or 0 "" }}|{{ not 0 }}', '|2|x||true'],
    ['{{ or true (index (query "nothing") 5) }}', 'true'],
    ['{{ true | not }} {{ "x" | len }} {{ len "héllo" }}', 'false 1 6'],
  ]),
);

t.test('expandRuleTemplate() loops, scopes variables and calls defined templates', (t) =>
  checkTable(t, [
    ['{{ range query "up" }}{{ .Labels.instance }}={{ .Value }};{{ end }}', 'a:1=0;b:1=1;'],
    [
      '{{ range $i, $s := query "up" | sortByLabel "instance" }}{{ $i }}:{{ $s.Value }} {{ end }}',
      '0:0 1:1 ',
    ],
    ['{{ range $k, $v := $labels }}{{ $k }}={{ $v }},{{ end }}', '__name__=m,host=web-1,job=api,'],
    ['{{ with query "nothing" }}yes{{ else }}none{{ end }}', 'none'],
    [
      '{{ range query "up" }}{{ if eq .Value 0.0 }}{{ continue }}{{ end }}{{ .Value }}{{ break }}{{ end }}',
      '1',
    ],
    [
      '{{ query "up == 1" | first | value }} {{ query "up == 1" | first | label "instance" }}',
      '1 b:1',
    ],
    ['{{ $x := 5 }}{{ if true }}{{ $x = 7 }}{{ $y := 1 }}{{ end }}{{ $x }}', '7'],
    ['{{ define "x" }}[{{ . }}]{{ end }}{{ template "x" 5 }}{{ template "x" }}', '[5][<no value>]'],
    ['{{ block "q" 5 }}<{{ . }}>{{ end }}', '<5>'],
    ['{{ with args 1 "b" }}{{ .arg0 }}{{ .arg1 }}{{ .arg2 }}{{ end }}', '1b<no value>'],
    ['a {{- " b" -}} c {{- /* note */}}', 'a bc'],
    ["{{ 'a' }} {{ 0x1F }} {{ 1_000 }} {{ 1e3 }} {{ `raw \\n` }}", '97 31 1000 1000 raw \\n'],
  ]),
);

t.test('expandRuleTemplate() changes texts', (t) =>
  checkTable(t, [
    [
      `{{ title "hello world-foo don't x_y" }} {{ toUpper "a" }} {{ toLower "B" }}`,
      "Hello World-Foo Don'T X_y A b",
    ],
    ['{{ match "w.b" $labels.host }} {{ match "^b" $labels.host }}', 'true false'],
    ['{{ reReplaceAll "(w)(eb)-(.*)" "$2$1$3-$1x$$" $labels.host }}', 'ebw1-$'],
    [
      '{{ stripPort "a.b:90" }} {{ stripDomain "a.b.c:90" }} {{ stripDomain "10.0.0.1:90" }}',
      'a.b a:90 10.0.0.1:90',
    ],
    [
      '{{ html "<a&\'>" }} {{ urlquery "a b&c/d" }} {{ slice "abcdef" 1 3 }}',
      '&lt;a&amp;&#39;&gt; a+b%26c%2Fd bc',
    ],
    [
      '{{ graphLink "up == 1" }} {{ tableLink "up" }}',
      '/graph?g0.expr=up+%3D%3D+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1',
    ],
    ['{{ safeHtml "<b>" }}{{ print 1 2 "a" 3 4.5 }}', '<b>1 2a3 4.5'],
  ]),
);

t.test('expandRuleTemplate() shows why a template failed and where', async (t) => {
  const failing = [
    [
      '{{ if gt $value 100 }}x{{ end }}',
      '1:6',
      'gt $value 100',
      'error calling gt: incompatible types for comparison',
    ],
    [
      '{{ $value | toUpper }}',
      '1:12',
      'toUpper',
      'wrong type for value; expected string; got float64',
    ],
    ['{{ toUpper 5 }}', '1:11', '5', 'expected string; found 5'],
    [
      '{{ query "nothing" | first }}',
      '1:21',
      'first',
      'error calling first: first() called on vector with no elements',
    ],
    ['\n{{ query "up{" }}', '2:3', 'query "up{"', 'error calling query: 1:4: parse error'],
    ['{{ humanize 1 2 }}', '1:3', 'humanize', 'wrong number of args for humanize: want 1 got 2'],
    [
      '{{ humanize true }}',
      '1:3',
      'humanize true',
      "error calling humanize: can't convert bool to float",
    ],
    ['{{ template "nope" }}', '1:3', 'template "nope"', 'template "nope" not defined'],
  ] as const;
  for (const [text, at, context, reason] of failing) {
    t.equal(
      await expand(text),
      `<error expanding template: error executing template __alert_A: template: __alert_A:${at}: executing "__alert_A" at <${context}>: ${reason}>`,
      text,
    );
  }
});

t.test('expandRuleTemplate() stops what would not end', async (t) => {
  t.match(
    await expand('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}'),
    /maximum template depth/,
  );
  t.match(await expand('{{ range 1000000 }}{{ end }}'), /more than 100000 turns/);
  t.match(
    await expand('{{ range 9000 }}{{ printf "%9000d" 1 }}{{ end }}'),
    /output is longer than/,
  );
  t.match(
    await expand('{{ range 101 }}{{ query (printf "n%d" .) }}{{ end }}'),
    /more than 100 queries/,
  );
});
