/**
 * Completion for zsh, with the summaries beside the words.
 */
import {
  type CommandWord,
  type FlagShape,
  type FlagValue,
  lastWord,
  nextWords,
} from './command-line.ts';

export function zshCompletion(words: readonly CommandWord[]): string {
  const paths = words.map(({ path }) => quote(path)).join('|');
  // `path` is zsh's own array of directories, hence `known`.
  return `#compdef mon
# mon completion for zsh. Install: mon completion zsh > "\${fpath[1]}/_mon"
_mon() {
  local known="" next
  local -a choices
  integer i depth=0
  for ((i = 2; i < CURRENT; i++)); do
    next="\${known:+$known }\${words[i]}"
    case "$next" in
      (${paths}) known="$next"; ((depth++)) ;;
    esac
  done
  # _arguments counts from the command's own last word.
  shift depth words
  ((CURRENT -= depth))
  case "$known" in
${['', ...words.map(({ path }) => path)].map((path) => pathCase(words, path)).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == _mon ]]; then _mon "$@"; else compdef _mon mon; fi
`;
}

function pathCase(words: readonly CommandWord[], path: string): string {
  const command = words.find((word) => word.path === path)?.command;
  const next = nextWords(words, path).map(({ path: full, summary }) =>
    quote(`${lastWord(full)}:${summary}`),
  );
  const lines: string[] = [];
  if (next.length > 0) {
    lines.push(`choices=(${next.join(' ')})`, '_describe -t commands command choices');
  }
  if (command !== undefined) {
    const rest = command.takesFiles ? `'*:file:_files'` : `'*: :'`;
    lines.push(`_arguments -s ${[...command.flags.flatMap(flagSpecs), rest].join(' ')}`);
  }
  return `    (${quote(path)})\n${lines.map((line) => `      ${line}\n`).join('')}      ;;`;
}

/** A flag as \`_arguments\` takes it, once for each spelling. */
function flagSpecs({ name, char, summary, value }: FlagShape): string[] {
  const text = `[${summary.replace(/[[\]:]/g, ' ')}]${valueSpec(value)}`;
  const long = quote(`--${name}${value.kind === 'none' ? '' : '='}${text}`);
  return char === undefined ? [long] : [long, quote(`-${char}${text}`)];
}

function valueSpec(value: FlagValue): string {
  switch (value.kind) {
    case 'none':
      return '';
    case 'words':
      return `:value:(${value.words.join(' ')})`;
    case 'file':
      return ':file:_files';
    case 'text':
      return ':value: ';
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
