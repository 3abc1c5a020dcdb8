// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import "github.com/spf13/cobra"

const completionLong = `Prints a script by which a shell completes kubectl-clerk, the name of this program.

To complete "kubectl clerk", kubectl needs its own completion (kubectl completion --help) and a program kubectl_complete-clerk in
your PATH. The archives of a release have it. A link to kubectl-clerk with that name does the same:

  ln -s kubectl-clerk "$(dirname "$(command -v kubectl-clerk)")/kubectl_complete-clerk"`

const completionExamples = `  # For this session of bash
  source <(kubectl-clerk completion bash)

  # For all sessions of fish
  kubectl-clerk completion fish > ~/.config/fish/completions/kubectl-clerk.fish`

// explainCompletion replaces the help of cobra's command completion, which does not know of kubectl.
func explainCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Short, cmd.Long, cmd.Example = "Print a script for the completion in a shell", completionLong, completionExamples
		}
	}
}
