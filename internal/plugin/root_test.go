// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

func newEnvironment(errOut io.Writer) *cli.Environment {
	return &cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: errOut},
		Flags:     genericclioptions.NewConfigFlags(true),
		Getenv:    func(string) string { return "" },
		Now:       time.Now,
	}
}

// TestHelpOfEveryCommand keeps the texts of all commands in one form.
func TestHelpOfEveryCommand(t *testing.T) {
	t.Parallel()
	e := newEnvironment(io.Discard)
	for _, cmd := range append(commands(e), NewCommand(e)) {
		t.Run(cmd.Name(), func(t *testing.T) {
			t.Parallel()
			if !regexp.MustCompile(`^[A-Z][^.\n]{10,78}[^.\n]$`).MatchString(cmd.Short) {
				t.Errorf("Short is %q, want one line of at most 80 characters without a full stop", cmd.Short)
			}
			// kubectl's help of a command says what the command does, as this sentence does.
			if !regexp.MustCompile(`(?s)^[A-Z][a-z]+s [^\n].*\.`).MatchString(cmd.Long) {
				t.Errorf("Long begins with %q, want a sentence such as \"Shows …\"", strings.SplitN(cmd.Long, "\n", 2)[0])
			}
			if titles := regexp.MustCompile(`(?m)^  # [A-Z]`).FindAllString(cmd.Example, -1); len(titles) < 3 {
				t.Errorf("it has %d examples with a title such as \"  # What needs a human?\", want 3 or more:\n%s", len(titles), cmd.Example)
			}
			if name := "kubectl clerk " + cmd.Name(); cmd.HasParent() && strings.Count(cmd.Example, name) < 3 {
				t.Errorf("its examples do not have %q:\n%s", name, cmd.Example)
			}
			if cmd.Args == nil || cmd.HasParent() && cmd.ValidArgsFunction == nil {
				t.Error("say which arguments it takes (Args), and complete them (ValidArgsFunction)")
			}
			expectFlags(t, cmd)
		})
	}
}

// expectFlags checks the flags of a command that are not kubectl's.
func expectFlags(t *testing.T, cmd *cobra.Command) {
	t.Helper()
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		// The others are those of cobra and kubectl.
		if slices.Contains([]string{"help", "version", "filename", "kustomize", "recursive"}, flag.Name) {
			return
		}
		if !regexp.MustCompile(`(?s)^(?:[^A-Z]|Go ).*[^.]$`).MatchString(flag.Usage) {
			t.Errorf("--%s: %q, want words without a capital letter and a full stop around them", flag.Name, flag.Usage)
		}
		_, completes := cmd.GetFlagCompletionFunc(flag.Name)
		_, file := flag.Annotations[cobra.BashCompFilenameExt]
		_, directory := flag.Annotations[cobra.BashCompSubdirsInDir]
		if !completes && !file && !directory && flag.NoOptDefVal == "" {
			t.Errorf("--%s has a value and does not complete it; use cobra.NoFileCompletions if nothing can be said", flag.Name)
		}
	})
}

func TestUnknownCommandNamesTheRightOne(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"stats":     `kubectl clerk: there is no command "stats"; did you mean status?; see kubectl clerk --help`,
		"something": `kubectl clerk: there is no command "something"; see kubectl clerk --help`,
	} {
		var errOut bytes.Buffer
		if code := Run(t.Context(), newEnvironment(&errOut), []string{typed}); code != cli.ExitError || strings.TrimSpace(errOut.String()) != want {
			t.Errorf("%s: exit code %d, %q, want %q", typed, code, errOut.String(), want)
		}
	}
}

func TestCompletionKnowsKubectl(t *testing.T) {
	t.Parallel()
	cmd, _, err := NewCommand(newEnvironment(io.Discard)).Find([]string{"completion"})
	if err != nil || !strings.Contains(cmd.Long, "kubectl_complete-clerk") {
		t.Errorf("the help of completion is %q (%v), want the program that kubectl looks for", cmd.Long, err)
	}
}

// TestHelpIsShort keeps most of kubectl's connection flags out of help texts, and in the completion.
func TestHelpIsShort(t *testing.T) {
	t.Parallel()
	for _, line := range [][]string{{"--help"}, {"why", "--help"}, {"help", "why"}} {
		out := &strings.Builder{}
		e := newEnvironment(io.Discard)
		e.Out = out
		if code := Run(t.Context(), e, line); code != cli.ExitDone {
			t.Fatalf("%v ended with %d", line, code)
		}
		for text, want := range map[string]bool{"--namespace": true, "--kubeconfig": true, "--tls-server-name": false, "kubectl options": true} {
			if strings.Contains(out.String(), text) != want {
				t.Errorf("%v: %q is in the help: %t, want %t\n%s", line, text, !want, want, out)
			}
		}
	}
	out := &strings.Builder{}
	e := newEnvironment(io.Discard)
	e.Out = out
	Run(t.Context(), e, []string{cobra.ShellCompRequestCmd, "why", "--tls"})
	if !strings.Contains(out.String(), "--tls-server-name") {
		t.Errorf("the completion of --tls is %q", out)
	}
}
