// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commonFlags are the connection flags that every help text shows.
func commonFlags() []string { return []string{"as", "context", "kubeconfig", "namespace"} }

// shortenHelp leaves kubectl's less common connection flags out of help texts, as kubectl does. They are still completed.
func shortenHelp(root *cobra.Command, connection *pflag.FlagSet) {
	whole := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		hide(connection, true)
		whole(cmd, args)
		hide(connection, false)
		fmt.Fprintln(cmd.OutOrStdout(), "\nUse \"kubectl options\" for kubectl's other connection flags, which every command has.")
	})
}

func hide(connection *pflag.FlagSet, hidden bool) {
	connection.VisitAll(func(f *pflag.Flag) {
		if !slices.Contains(commonFlags(), f.Name) {
			f.Hidden = hidden
		}
	})
}
