/**
 * Charts as golden text: what a terminal shows, dot by dot.
 */
import { type Chart, type ChartSeries, drawChart, drawLegend } from '@mon/cli/print/chart';
import { lineWidth, paint, plainText } from '@mon/cli/print/span';
import { UTC_ZONE } from '@mon/cli/print/time-axis';
import t from 'tap';

const START_MS = Date.UTC(2026, 10, 22, 16, 52, 7);
const STEP_MS = 15_000;

function series(name: string, values: readonly (number | undefined)[]): ChartSeries {
  const present = values.flatMap((value, i) => (value === undefined ? [] : [[i, value] as const]));
  return {
    name,
    timesMs: Float64Array.from(present, ([i]) => START_MS + i * STEP_MS),
    values: Float64Array.from(present, ([, value]) => value),
  };
}

function ramp(steps: number, at: (i: number) => number | undefined): (number | undefined)[] {
  return Array.from({ length: steps }, (_, i) => at(i));
}

const EMPTY: Chart = {
  startMs: START_MS,
  endMs: START_MS + 60 * STEP_MS,
  gapMs: STEP_MS,
  series: [],
  unit: 'none',
  zone: UTC_ZONE,
  width: 50,
  height: 8,
};

function draw(chart: Partial<Chart>): string {
  return plainText(drawChart({ ...EMPTY, ...chart }));
}

t.test('drawChart() draws a line with units and times', async (t) => {
  t.equal(
    draw({
      unit: 'bytes',
      series: [
        series(
          'a',
          ramp(61, (i) => i * 1024 ** 2),
        ),
      ],
    }),
    `
60 MiB ┤                                   ⣀⣀⠤⠤⠒⠊⠉
       │                            ⣀⣀⠤⠔⠒⠊⠉
       │                     ⢀⡠⠤⠔⠒⠉⠉
30 MiB ┤             ⢀⣀⡠⠤⠒⠒⠉⠉⠁
       │      ⢀⣀⠤⠤⠒⠊⠉⠁
     0 ┤⣀⠤⠔⠒⠊⠉⠁
       └────────┬─────────────┬────────────┬──────
              16:55         17:00        17:05
`.slice(1),
  );
});

t.test('drawChart() leaves a gap where a series has no value', async (t) => {
  t.equal(
    draw({
      series: [
        series(
          'a',
          ramp(61, (i) => (i > 20 && i < 40 ? undefined : 5)),
        ),
      ],
    }),
    `
6 ┤
  │⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉               ⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉⠉
  │
3 ┤
  │
0 ┤
  └─────────┬──────────────┬───────────────┬──────
          16:55          17:00           17:05
`.slice(1),
  );
});

t.test('drawChart() marks several series by letter and colour', async (t) => {
  const two = [
    series(
      'up',
      ramp(61, (i) => i),
    ),
    series(
      'down',
      ramp(61, (i) => 60 - i),
    ),
  ];
  t.equal(
    draw({ series: two, unit: 'percent', width: 40 }),
    `
60% ┤⠉⠒⠤⠤⣀⡀                     ⢀⣀⠤⠤⠒⠉ a
    │     ⠈⠑⠒⠤⣀⣀           ⣀⣀⠤⠒⠊⠁
    │           ⠉⠑⠢⠤⣀ ⣀⠤⠔⠊⠉
30% ┤           ⣀⡠⠔⠒⠉⠉⠉⠒⠢⢄⣀
    │     ⢀⡠⠤⠒⠉⠉           ⠉⠉⠒⠤⢄⡀
 0% ┤⣀⠤⠒⠒⠉⠁                     ⠈⠉⠒⠒⠤⣀ b
    └──────┬──────────┬──────────┬────
         16:55      17:00      17:05
`.slice(1),
  );
  const painted = paint(drawChart({ ...EMPTY, series: two }), true);
  t.match(painted, /\u001b\[36m/, 'cyan');
  t.match(painted, /\u001b\[33m/, 'yellow');
});

t.test('drawChart() draws an axis without series, and one sample', async (t) => {
  t.match(draw({}), /^1.0 ┤/);
  const one = draw({ endMs: START_MS, series: [series('a', [3])], height: 4 });
  t.match(one, /[⠁-⣿]/);
});

t.test('drawChart() leaves out infinite values and NaN', async (t) => {
  const wild = [1, Number.POSITIVE_INFINITY, 2, Number.NaN, 3];
  const text = draw({ series: [series('a', wild)] });
  t.notMatch(text, /NaN|Inf/);
});

t.test('drawChart() keeps to its width and height at any size', async (t) => {
  const values = ramp(61, (i) => Math.sin(i / 5) * 1e9 + 1e9);
  for (const [width, height] of [
    [80, 20],
    [20, 5],
    [200, 50],
    [33, 3],
  ] as const) {
    for (const unit of ['none', 'bytes/s', 'seconds'] as const) {
      const lines = drawChart({
        ...EMPTY,
        width,
        height,
        unit,
        series: [series('a', values), series('b', values)],
      });
      t.equal(lines.length, height, `${width}x${height} ${unit}`);
      t.ok(
        lines.every((line) => lineWidth(line) <= width),
        `${width}x${height} ${unit}: no line is wider`,
      );
    }
  }
});

t.test('drawLegend() names each series with its figures', async (t) => {
  const lines = drawLegend({
    unit: 'bytes',
    width: 60,
    series: [
      series('{host="a"}', [1024, 2048]),
      series('{host="b", mountpoint="/a/very/long/path"}', [undefined, undefined]),
    ],
  });
  t.equal(
    plainText(lines),
    `
a {host="a"}                last 2 KiB  min 1 KiB  max 2 KiB
b {host="b", mountpoint="…  last -      min -      max -
`.slice(1),
  );
});
