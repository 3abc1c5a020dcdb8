// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// bashCompletion is bash's package with the functions that kubectl's completion needs.
const bashCompletion = "/usr/share/bash-completion/bash_completion"

// Scripts that print how a shell completes the command line in $LINE, of three words. Those of bash and fish call the functions that Tab
// calls. zsh has none for scripts, so that another zsh presses the key in a terminal.
const (
	inBash = `source ` + bashCompletion + `
source <(kubectl completion bash) && source <(kubectl-clerk completion bash)
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9 COMP_WORDS=($LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \([^ ]*\).*/\1/')" 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
`
	inFish = `kubectl completion fish | source; kubectl-clerk completion fish | source; complete -C "$LINE"`
	inZsh  = `zmodload zsh/zpty
zpty terminal 'zsh -f -i'
zpty -w terminal 'PS1=; autoload -Uz compinit; compinit -u -D; source <(kubectl completion zsh); source <(kubectl-clerk completion zsh); print rea""dy'
zpty -r -m terminal said '*ready*'
zpty -w -n terminal "$LINE"$'\t'
zpty -r -m terminal said "*$WANT*"
print -r -- "$said"
zpty -d terminal
`
)

// completion is a command line that ends where Tab is pressed, and a word that is then there or offered.
type completion struct{ line, want string }

// expectCompletion presses Tab in the shells that this machine has.
func (c *cluster) expectCompletion(t *testing.T, completions ...completion) {
	t.Helper()
	for shell, script := range map[string]string{"bash": inBash, "fish": inFish, "zsh": inZsh} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(shell)
			if err == nil && shell == "bash" {
				_, err = os.Stat(bashCompletion)
			}
			if err != nil {
				notchecked.Skip(t, "the completion of kubectl clerk in %s: %v", shell, err)
			}
			for _, pressed := range completions {
				// Without the word, zsh waits for ever.
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				cmd := exec.CommandContext(ctx, path, "-c", script)
				cmd.Dir = c.directory
				cmd.Env = slices.Concat(c.environment, []string{"LINE=" + pressed.line, "WANT=" + pressed.want})
				said, err := cmd.CombinedOutput()
				if err != nil || !strings.Contains(string(said), pressed.want) {
					t.Errorf("%q completes to %q (%v), want %q in it", pressed.line, said, err, pressed.want)
				}
			}
		})
	}
}
