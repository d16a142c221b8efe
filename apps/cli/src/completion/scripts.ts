/** The shells that there is a completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

// Each asks `gctl __complete` and offers files where that has nothing to offer.

const BASH = `# gctl completion for bash. In ~/.bashrc: source <(gctl completion bash)
_gctl() {
  local value description
  COMPREPLY=()
  while IFS=$'\\t' read -r value description; do
    COMPREPLY+=("$(printf %q "$value")")
  done < <(gctl __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if declare -F __ltrim_colon_completions >/dev/null; then
    __ltrim_colon_completions "\${COMP_WORDS[COMP_CWORD]}"
  fi
}
complete -o default -F _gctl gctl`;

const ZSH = `#compdef gctl
# gctl completion for zsh. In ~/.zshrc, after compinit: source <(gctl completion zsh)
_gctl() {
  local -a candidates
  local line value description
  for line in "\${(@f)$(gctl __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] && continue
    value=\${line%%$'\\t'*}
    description=\${line#*$'\\t'}
    candidates+=("\${value//:/\\\\:}:$description")
  done
  if (( \${#candidates} )); then _describe gctl candidates; else _files; fi
}
compdef _gctl gctl`;

const FISH = `# gctl completion for fish. Once: gctl completion fish > ~/.config/fish/completions/gctl.fish
complete -c gctl -a '(gctl __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'`;

export const SCRIPTS: Record<Shell, string> = { bash: BASH, zsh: ZSH, fish: FISH };
