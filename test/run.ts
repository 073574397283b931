/**
 * `npm test`: runs the tap suite (all of it, or the files named) and ends with one plain line,
 * `N passed, N failed`, counting assertions.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const files = process.argv.slice(2);
const tap = spawn('tap', ['--reporter=tap', ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
const passed = { count: 0 };
const failures: string[] = [];
let file = '';
let showDiagnosis = false;

for await (const line of createInterface({ input: tap.stdout })) {
  const subtest = /^# Subtest: (.*)$/.exec(line);
  if (subtest?.[1] !== undefined) file = subtest[1];
  const result = /^( *)(not )?ok \d+(?: - )?(.*?)( # (?:SKIP|TODO).*| \{)?$/.exec(line);
  if (result) {
    const [, indent = '', not, title = ''] = result;
    // Only leaves count: a subtest's own line repeats what its assertions said.
    const isGroup = /# time=/.test(line) || line.endsWith('{');
    showDiagnosis = not !== undefined;
    if (not !== undefined && !isGroup) {
      failures.push(`${file}: ${title}`);
      console.log(line);
    } else if (not !== undefined) {
      failures.push(`${file}: ${title.replace(/ # time=.*/, '')}`);
      console.log(line);
    } else if (!isGroup) passed.count++;
    if (indent === '' && not === undefined) console.log(line.replace(/ \{$/, ''));
    continue;
  }
  if (showDiagnosis && /^\s+(---|\.\.\.|\S)/.test(line) && !/^\s*# Subtest/.test(line))
    console.log(line);
}
const code = await new Promise<number>((resolve) =>
  tap.on('close', (status) => resolve(status ?? 1)),
);
const failed = Math.max(failures.length, code === 0 ? 0 : 1);
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${passed.count} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
