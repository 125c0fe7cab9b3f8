/** A script for the user's shell; `mvrec --complete` gives the words, and where there are none the shell offers files. */
export function completionScript(shell: 'bash' | 'zsh'): string {
  return shell === 'bash' ? bash : zsh;
}

const bash = `# completion of mvrec in bash
_mvrec_complete() {
  local IFS=$'\\n'
  COMPREPLY=($(mvrec --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _mvrec_complete mvrec
`;

const zsh = `# completion of mvrec in zsh
_mvrec_complete() {
  local -a words_found
  words_found=(\${(f)"$(mvrec --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#words_found} )); then compadd -- $words_found; else _files; fi
}
compdef _mvrec_complete mvrec
`;
