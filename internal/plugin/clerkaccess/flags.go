// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkaccess is how kubectl-clerk reads from Clerk: with which key, to which host, how fast, and with which clients. None
// of them can write.
package clerkaccess

import (
	"github.com/spf13/cobra"
)

// Flags are the flags of the commands that read from Clerk.
type Flags struct {
	// AllowedAPIHosts are the hosts that a secret key may be sent to. Whoever may edit a ClerkInstance could otherwise have the
	// key of whoever runs the command sent to a host of their own, by spec.apiURL.
	AllowedAPIHosts []string
	// RequestsPer10s is how many calls are made in 10 seconds; 0 is a tenth of Clerk's limit for the kind of key.
	RequestsPer10s int32
}

// AddFlags adds the flags to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.AllowedAPIHosts, "allowed-api-hosts", []string{"api.clerk.com"},
		"hosts that Clerk's secret key may be sent to, as host, host:port or http://host:port")
	cmd.Flags().Int32Var(&f.RequestsPer10s, "requests-per-10s", 0,
		"calls to Clerk in 10 seconds; 0 is a tenth of Clerk's limit: 100 with a key sk_live_, 10 with a key sk_test_")
	for _, name := range []string{"allowed-api-hosts", "requests-per-10s"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}
