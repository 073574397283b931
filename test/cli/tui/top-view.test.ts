/**
 * The screen of `mon top` as golden text, and its promise to fit any size.
 */
import { lineWidth, plainText } from '@mon/cli/print/span';
import { UTC_ZONE } from '@mon/cli/print/time-axis';
import { INITIAL_STATE, type TopState } from '@mon/cli/tui/top-state';
import { type TopFrame, topView } from '@mon/cli/tui/top-view';
import t from 'tap';
import { hostRow, SAMPLE } from './sample-state.ts';

function frame(columns: number, rows: number): TopFrame {
  return {
    size: { columns, rows },
    server: 'http://127.0.0.1:9500',
    intervalMs: 5000,
    zone: UTC_ZONE,
  };
}

const view = (state: TopState, columns = 80, rows = 24) =>
  plainText(topView(state, frame(columns, rows)));

t.test('topView() at 80x24', async (t) => {
  t.equal(
    view(SAMPLE),
    `
mon top  127.0.0.1:9500  3 hosts, 1 silent  1 alert firing    17:45:12  every 5s
▲ HighCPU on web-2 (critical) for 8m20s  CPU is above 90%
  HOST                            ▼CPU     MEMORY  LOAD  DISK  FULL   NET ALERTS
▶ web-2                     ████▊  95% ████▍  88%  9.00  3.0M   93%  1.9M      1
  web-1                     ▋      12% ██▌    50%  1.50  3.0M   42%  1.9M
  cache-1                   no samples for 6m40s
── web-2  4 cores, 16 GiB, up 1d2h, / 93% full, last 15m ───────────────────────
CPU  32%                                 Memory  14%
100% ┤     ⢀⡠⠤⠤⠤⠤⣀                       100% ┤
     │  ⡠⠤⠊⠁      ⠉⠒⢄                         │
     │⠤⠊             ⠉⠒⢄                      │       ⢀⣀⣀⡀
     │                  ⠑⠢⡀          ⡠⠔       │⣀⠤⠔⠒⠊⠉⠉⠁  ⠈⠉⠉⠒⠢⠤⣀⣀
  0% ┤                    ⠈⠑⠢⠤⣀⣀⣀⡠⠤⠒⠉      0% ┤                  ⠉⠒⠢⠤⢄⣀⣀⣀⣀⣀⡠⠤⠤⠒⠊
     └──────────┬──────────┬──────────┬       └──────────┬──────────┬──────────┬
              17:35      17:40    17:45                17:35      17:40    17:45
Network  in 704 KiB/s  out 1.37 MiB/s    Disk  read 211 KiB/s  write 3.44 MiB/s
4 MiB/s ┤   ⢀⡠⠔⠒⠒⠒⠤⣀                     10 MiB/s ┤   ⢀⡠⠔⠒⠒⠒⢤⡀
        │ ⢀⠤⠃       ⠑⠢⡀                           │ ⢀⠔⠁      ⠈⠒⢄
        │⠔⠁ ⢀⣀⠤⠤⠤⠤⢄⣀⡀ ⠈⠦⡀                         │⠔⠁           ⠱⢄
        │⠤⠔⠊⠁       ⠈⠑⠒⢄⡈⠢⣀        ⡠⠊ o           │               ⠑⢄⡀       ⡠⠊ w
      0 ┤               ⠈⠉⠒⠵⢦⣀⣀⣀⣠⠴⠟⠒⠉ i         0 ┤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣑⣢⣄⣀⣀⣠⣔⣊⣀⣀ r
        └─────────┬────────┬────────┬             └────────┬────────┬────────┬
                17:35    17:40  17:45                    17:35    17:40  17:45
 q  quit   ?  help   ↑↓  host   /  filter   s  order: cpu   r  reverse   +-  15m
`.slice(1),
  );
});

t.test('topView() in a wide terminal tells reads from writes', async (t) => {
  const lines = view(SAMPLE, 140, 40).split('\n');
  t.match(lines[2], /HOST +▼CPU +MEMORY +LOAD +READ +WRITE +FULL +MOUNT +IN +OUT +UP +ALERTS$/);
});

t.test('topView() says what is missing', async (t) => {
  t.match(view(INITIAL_STATE), /Waiting for the server/);
  t.match(view({ ...INITIAL_STATE, isLoaded: true }), /mon agent run/);
  t.match(view({ ...SAMPLE, filter: 'nothing' }), /No host name contains "nothing"/);
  t.match(view({ ...SAMPLE, fault: 'Cannot reach it.' }), /^Trying again\. Cannot reach it\.$/m);
  t.match(view({ ...SAMPLE, isPaused: true }), /paused$/m);
});

t.test('topView() shows help and the filter being typed', async (t) => {
  t.match(view({ ...SAMPLE, showsHelp: true }), /order by cpu, memory/);
  t.match(view({ ...SAMPLE, isFiltering: true, filter: 'we' }), /^Filter: we▏/m);
});

t.test('topView() keeps the selected host in view', async (t) => {
  const hosts = Array.from({ length: 500 }, (_, i) => hostRow(`host-${i}`));
  const state = { ...SAMPLE, hosts, sort: 'host', selected: 'host-333' } as const;
  t.match(view(state), /^▶ host-333 /m);
  t.match(view({ ...state, selected: 'host-499' }), /^▶ host-499 /m);
});

t.test('topView() fills its size and no more, whatever the size', async (t) => {
  const names = [
    'a',
    'a-very-long-host-name-in-a-far-away-region.example.org',
    '日本-1',
    'x\u001b[2J',
  ];
  const hosts = names.map((name) => hostRow(name));
  const alerts = Array.from({ length: 9 }, () => SAMPLE.alerts[0] ?? t.fail('no alert'));
  const crowded = { ...SAMPLE, hosts, alerts: alerts as TopState['alerts'], fault: 'gone' };
  for (const columns of [1, 20, 40, 63, 64, 80, 100, 131, 160, 240]) {
    for (const rows of [1, 2, 5, 12, 16, 24, 50, 100]) {
      for (const state of [SAMPLE, crowded, { ...crowded, showsHelp: true }, INITIAL_STATE]) {
        const lines = topView(state, frame(columns, rows));
        const widest = Math.max(...lines.map(lineWidth));
        if (lines.length !== rows || widest > columns) {
          t.fail(`${columns}x${rows}: ${lines.length} lines, ${widest} columns`);
        }
        if (
          /[\u0000-\u001f]/.test(
            lines
              .flat()
              .map(({ text }) => text)
              .join(''),
          )
        ) {
          t.fail('a control character reaches the terminal');
        }
      }
    }
  }
  t.pass('all sizes');
});
