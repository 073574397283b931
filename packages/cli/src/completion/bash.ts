/**
 * Completion for bash: needs nothing but bash itself.
 */
import { type CommandWord, type FlagShape, lastWord, nextWords } from './command-line.ts';

export function bashCompletion(words: readonly CommandWord[]): string {
  const paths = words.map(({ path }) => `"${path}"`).join('|');
  return `# mon completion for bash. Install: mon completion bash > /etc/bash_completion.d/mon
_mon() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" words="" files="" next i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths}) path="$next" ;;
    esac
  done
  case "$path $prev" in
${words.flatMap(valueCases).join('\n')}
  esac
  case "$path" in
${['', ...words.map(({ path }) => path)].map((path) => wordCase(words, path)).join('\n')}
  esac
  if [[ "$cur" != -* && -n "$files" ]]; then
    COMPREPLY=($(compgen -f -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  fi
}
complete -o filenames -F _mon mon
`;
}

/** Flags of a command whose values can be completed. */
function valueCases({ path, command }: CommandWord): string[] {
  return (command?.flags ?? []).flatMap((flag) => {
    if (flag.value.kind === 'none') return [];
    const pattern = spellings(flag)
      .map((spelling) => `"${path} ${spelling}"`)
      .join('|');
    return [`    ${pattern}) ${replyOf(flag)}; return ;;`];
  });
}

function replyOf({ value }: FlagShape): string {
  switch (value.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W "${value.words.join(' ')}" -- "$cur"))`;
    case 'file':
      return 'COMPREPLY=($(compgen -f -- "$cur"))';
    default:
      return 'COMPREPLY=()';
  }
}

function wordCase(words: readonly CommandWord[], path: string): string {
  const command = words.find((word) => word.path === path)?.command;
  const choices = [
    ...nextWords(words, path).map((word) => lastWord(word.path)),
    ...(command?.flags ?? []).map(({ name }) => `--${name}`),
  ];
  const files = command?.takesFiles ? ' files=1' : '';
  return `    "${path}") words="${choices.join(' ')}"${files} ;;`;
}

function spellings({ name, char }: FlagShape): string[] {
  return char === undefined ? [`--${name}`] : [`--${name}`, `-${char}`];
}
