/**
 * What a shell sees of wrong usage: one line on standard error that says what to do, exit code 1.
 */
import t from 'tap';
import { runMon } from './run-mon.ts';

const WRONG: readonly (readonly [string, RegExp])[] = [
  ['verson', /`mon verson`: there is no such command\. .*Did you mean `mon version`\?/],
  ['contxt', /Did you mean `mon context`\?/],
  ['context lst', /Did you mean `mon context list`\?/],
  ['context nothing', /there is no such command/],
  ['version superfluous', /it takes no argument "superfluous"/],
  ['version --verbose', /`mon version`: it has no flag --verbose/],
  ['context add x --sever http://a', /no flag --sever.*Did you mean --server\?/],
  ['context add', /the argument NAME is missing/],
  ['context add x', /the flag --server is missing/],
  ['context add x --server', /expects a value/],
  ['context list -o xml', /table, json, yaml, csv/],
  ['--server http://a version', /a command comes first/],
];

t.test('wrong usage ends in one line and exit code 1', async (t) => {
  for (const [line, pattern] of WRONG) {
    const { code, stdout, stderr } = await runMon(line.split(' '));
    t.equal(code, 1, `mon ${line}: exit code`);
    t.equal(stdout, '', `mon ${line}: nothing on standard output`);
    t.match(stderr, pattern, `mon ${line}`);
    t.match(stderr, /^Error: [^\n]+ Try this: [^\n]+\n$/, `mon ${line}: one line`);
  }
});

t.test('mon, mon TOPIC and mon help COMMAND show help and succeed', async (t) => {
  for (const [line, pattern] of [
    ['', /COMMANDS.*version/s],
    ['--help', /TOPICS.*context/s],
    ['context', /context add.*context use/s],
    ['help context add', /USAGE\n {2}\$ mon context add NAME/],
  ] as const) {
    const { code, stdout } = await runMon(line === '' ? [] : line.split(' '));
    t.equal(code, 0, `mon ${line}`);
    t.match(stdout, pattern);
  }
});

t.test('a reader that goes away ends the command quietly', async (t) => {
  const { code, stderr } = await runMon(['--help'], { closesEarly: true });
  t.equal(stderr, '');
  t.equal(code, 0);
});
