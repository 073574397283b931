/**
 * The command reference in docs/cli.md, made from the commands themselves.
 *
 * `node packages/cli/scripts/write-reference.js` writes it; a test checks that it is up to date.
 */
import type { Command, Config } from '@oclif/core';

const BEGIN = '<!-- commands: written by packages/cli/scripts/write-reference.js -->';
const END = '<!-- end of commands -->';

/** The page with its generated part renewed. */
export function renewReference(page: string, config: Config): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks "${BEGIN}" or "${END}"`);
  const before = page.slice(0, begin + BEGIN.length);
  return `${before}\n\n${commandReference(config)}\n${page.slice(end)}`;
}

function commandReference(config: Config): string {
  const commands = config.commands
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const list = commands.map(({ id, summary = '' }) => {
    const words = wordsOf(id);
    return `- [\`mon ${words}\`](#${anchorOf(words)}): ${summary}`;
  });
  return `${list.join('\n')}\n\n${commands.map(commandSection).join('\n')}`;
}

function commandSection(command: Command.Loadable): string {
  const words = wordsOf(command.id);
  const { summary = '', description = '' } = command;
  return [
    `### mon ${words}`,
    `${summary}.`,
    ...(description === '' ? [] : [folded(description)]),
    `\`\`\`sh\n${usageLine(command, words)}\n\`\`\``,
    ...argumentTable(command),
    ...flagTable(command),
    ...exampleBlock(command),
  ]
    .map((part) => `${part}\n`)
    .join('\n');
}

function usageLine({ args, flags }: Command.Loadable, words: string): string {
  const names = Object.values(args).map(({ name, required, multiple }) => {
    const text = `${name.toUpperCase()}${multiple ? '...' : ''}`;
    return required ? text : `[${text}]`;
  });
  const options = Object.keys(flags).length === 0 ? [] : ['[FLAGS]'];
  return ['mon', words, ...names, ...options].join(' ');
}

function argumentTable({ args }: Command.Loadable): string[] {
  const rows = Object.values(args).map(
    ({ name, description = '' }) => `| \`${name.toUpperCase()}\` | ${cell(description)} |`,
  );
  return rows.length === 0 ? [] : [['| argument | meaning |', '| --- | --- |', ...rows].join('\n')];
}

function flagTable({ flags }: Command.Loadable): string[] {
  const rows = Object.values(flags)
    .filter(({ hidden }) => !hidden)
    .map((flag) => `| ${flagText(flag)} | ${cell(flagMeaning(flag))} |`);
  return rows.length === 0 ? [] : [['| flag | meaning |', '| --- | --- |', ...rows].join('\n')];
}

type Flag = Command.Loadable['flags'][string];

function flagText(flag: Flag): string {
  const short = flag.char === undefined ? '' : `\`-${flag.char}\`, `;
  if (flag.type === 'boolean') {
    return `${short}\`--${flag.allowNo ? '[no-]' : ''}${flag.name}\``;
  }
  const value =
    flag.options?.join('\\|') ?? String(flag.helpValue ?? 'VALUE').replaceAll('|', '\\|');
  return `${short}\`--${flag.name} ${value}\`${flag.required ? ' (required)' : ''}`;
}

function flagMeaning(flag: Flag): string {
  const { summary = '' } = flag;
  const standard = flag.type === 'option' ? flag.default : undefined;
  return typeof standard === 'string' || typeof standard === 'number'
    ? `${summary} (default ${standard})`
    : summary;
}

function exampleBlock({ examples }: Command.Loadable): string[] {
  const lines = (examples ?? []).map((example) =>
    (typeof example === 'string' ? example : example.command).replaceAll(
      '<%= config.bin %>',
      'mon',
    ),
  );
  return lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``];
}

/** Broken at 100 columns, for whoever reads the page as text. */
function folded(text: string): string {
  return text.replace(/(?=.{101})(.{1,100}) /g, '$1\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function wordsOf(id: string): string {
  return id.replaceAll(':', ' ');
}

function anchorOf(words: string): string {
  return `mon-${words.replaceAll(' ', '-')}`;
}
