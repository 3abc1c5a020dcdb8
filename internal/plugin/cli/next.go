// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"regexp"
	"strings"

	"k8s.io/utils/ptr"
)

// kubectlVerb finds calls of kubectl in commands for a shell and in sentences that end with one.
var kubectlVerb = regexp.MustCompile(`(?:^|[|:;] |\()kubectl (?:clerk )?[a-z]+`)

// SameCluster returns a text in which commands of kubectl have the connection flags of this command. Somebody who copies such a
// command would otherwise run it in the cluster of the kubeconfig's current context. A token is not repeated.
func (e *Environment) SameCluster(text string) string {
	flags := e.connection()
	if flags == "" {
		return text
	}
	return kubectlVerb.ReplaceAllStringFunc(text, func(found string) string { return found + flags })
}

// connection returns the flags that say which cluster is meant, and as whom, as a shell reads them; "" if none was given.
func (e *Environment) connection() string {
	if e.Flags == nil {
		return ""
	}
	var b strings.Builder
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"kubeconfig", e.Flags.KubeConfig},
		{"context", e.Flags.Context},
		{"cluster", e.Flags.ClusterName},
		{"user", e.Flags.AuthInfoName},
		{"server", e.Flags.APIServer},
		{"as", e.Flags.Impersonate},
	} {
		if value := ptr.Deref(flag.value, ""); value != "" {
			b.WriteString(" --" + flag.name + "=" + Quote(value))
		}
	}
	return b.String()
}

// Quote returns a text as one word of a command for a shell.
func Quote(text string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@"
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(plain, r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
