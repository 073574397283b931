import { parseRuleTemplate } from '@mon/server/alerting/template/rule-template';
import { TemplateSyntaxError } from '@mon/server/alerting/template/syntax-error';
import t from 'tap';

function mistakeIn(text: string): readonly [string, number] | undefined {
  try {
    parseRuleTemplate({ name: 'x', text });
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TemplateSyntaxError)) throw thrown;
    return [thrown.mistake, thrown.offset];
  }
}

t.test('parseTemplate() names the mistake and where it stands', async (t) => {
  const wrong: readonly (readonly [string, string, number])[] = [
    ['{{ $nope }}', 'undefined variable "$nope"', 3],
    ['{{ foo 1 }}', 'function "foo" not defined', 3],
    ['a\n{{ if }}x{{ end }}', 'missing value for if', 8],
    ['{{ if true }}x', 'unexpected EOF', 14],
    ['{{ end }}', 'unexpected {{end}}', 3],
    ['a {{', 'unclosed action', 2],
    ['{{ "abc }}', 'unterminated quoted string', 3],
    ['{{ `abc }}', 'unterminated raw quoted string', 3],
    ["{{ 'ab' }}", "malformed character constant: 'ab'", 3],
    ['{{ ( 1 }}', 'unclosed left paren', 7],
    ['{{ $x, $y := 1 }}', 'too many declarations in command', 3],
    ['{{ range $a, 5 }}{{ end }}', 'range can only initialize variables', 13],
    ['{{ if true }}{{ define "a" }}{{ end }}{{ end }}', 'unexpected <define> in command', 16],
    ['{{ break }}', '{{break}} outside {{range}}', 3],
    ['{{/* x }}', 'unclosed comment', 0],
    ['{{/* x */ foo}}', 'comment ends before closing delimiter', 0],
    ['{{ 1a }}', 'bad number syntax: "1a"', 3],
    ['{{ 99999999999999999999 }}', 'integer overflow: "99999999999999999999"', 3],
    ['{{ "\\q" }}', 'invalid syntax', 3],
    ['{{ 5 | 6 }}', 'non executable command in pipeline stage 2', 7],
    ['{{ define "a" }}{{ $labels }}{{ end }}', 'undefined variable "$labels"', 19],
    ['{{ $labels.instance-name }}', "bad character U+002D '-'", 19],
    ['{{ humanize, 1 }}', 'unexpected "," in operand', 11],
  ];
  for (const [text, mistake, offset] of wrong) t.same(mistakeIn(text), [mistake, offset], text);
});

t.test('parseTemplate() takes what Go takes', async (t) => {
  for (const text of [
    'a }} b',
    '{{ $x := 1 }}{{ $x }}',
    '{{ $.Value }}',
    '{{- /* a */ -}}',
    '{{3 -}} x',
    '{{ humanize 1 | }}',
    '{{ with 1 }}{{ else with 2 }}{{ end }}',
    '{{$labels.é}}',
  ]) {
    t.equal(mistakeIn(text), undefined, text);
  }
});

t.test('parseTemplate() refuses nesting without end', async (t) => {
  t.same(mistakeIn(`{{ ${'('.repeat(300)}1${')'.repeat(300)} }}`)?.[0], 'nested deeper than 200');
  t.same(
    mistakeIn('{{ if 1 }}'.repeat(300) + '{{ end }}'.repeat(300))?.[0],
    'nested deeper than 200',
  );
});

t.test('TemplateSyntaxError names template and line', async (t) => {
  t.throws(() => parseRuleTemplate({ name: '__alert_A', text: '\n\n{{ foo }}' }), {
    message: 'template: __alert_A:3: function "foo" not defined',
    code: 'bad-template',
  });
});
