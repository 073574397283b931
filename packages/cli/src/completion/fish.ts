/**
 * Completion for fish, with the summaries beside the words.
 */
import {
  type CommandWord,
  type FlagShape,
  type FlagValue,
  lastWord,
  nextWords,
} from './command-line.ts';

export function fishCompletion(words: readonly CommandWord[]): string {
  const paths = words.map(({ path }) => quote(path)).join(' ');
  return `# mon completion for fish. Install: mon completion fish > ~/.config/fish/completions/mon.fish
function __mon_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    if contains -- $next ${paths}
      set path $next
    end
  end
  test "$path" = "$argv[1]"
end
complete -c mon -f
${['', ...words.map(({ path }) => path)].flatMap((path) => pathLines(words, path)).join('\n')}
`;
}

function pathLines(words: readonly CommandWord[], path: string): string[] {
  const where = `complete -c mon -n ${quote(`__mon_path ${quote(path)}`)}`;
  const command = words.find((word) => word.path === path)?.command;
  const next = nextWords(words, path).map(
    (word) => `${where} -a ${quote(lastWord(word.path))} -d ${quote(word.summary)}`,
  );
  const flags = (command?.flags ?? []).map((flag) => `${where} ${flagOptions(flag)}`);
  return [...next, ...flags, ...(command?.takesFiles ? [`${where} -F`] : [])];
}

function flagOptions({ name, char, summary, value }: FlagShape): string {
  const short = char === undefined ? '' : ` -s ${char}`;
  return `-l ${name}${short} -d ${quote(summary)}${valueOptions(value)}`;
}

function valueOptions(value: FlagValue): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'words':
      return ` -x -a ${quote(value.words.join(' '))}`;
    case 'file':
      return ' -r -F';
    case 'text':
      return ' -x';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
