// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

func TestFlagsThatDoNotFit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want string
	}{
		"NoManifests":         {nil, "no manifests; name them with -f FILE, -f - or -k DIRECTORY"},
		"KustomizeAndFile":    {[]string{"-k", "a", "-f", "b"}, "-k cannot be used with -f"},
		"KustomizeRecursive":  {[]string{"-k", "a", "-R"}, "-k cannot be used with -f or -R"},
		"StandardInputTwice":  {[]string{"-f", "-", "-f", "a", "-f", "-"}, "-f - can be given once"},
		"PruneWithoutLimit":   {[]string{"-f", "a", "--prune"}, "--prune needs --selector"},
		"AllWithoutPrune":     {[]string{"-f", "a", "--all"}, "--all is for --prune"},
		"AllWithSelector":     {[]string{"-f", "a", "--prune", "--all", "-l", "a=b"}, "--all cannot be used with --selector"},
		"ForceClientSide":     {[]string{"-f", "a", "--force-conflicts"}, "are for --server-side"},
		"ManagerOfClientSide": {[]string{"-f", "a", "--field-manager", "x"}, "are for --server-side"},
		"Argument":            {[]string{"a"}, "unknown command"},
		"OutputFormat":        {[]string{"-f", "a", "-o", "xml"}, "want one of: json, yaml"},
		"NoSuchFile":          {[]string{"-f", "/nonexistent/users.yaml"}, "/nonexistent/users.yaml"},
		"DefaultInstance":     {[]string{"-f", "-", "--default-instance", "a"}, "--default-instance: want namespace/name"},
		"Selector":            {[]string{"-f", "-", "-l", "a=b=c"}, "a=b=c"},
		"EmptyInput":          {[]string{"-f", "-"}, "the manifests have no objects"},
		"NothingSelected":     {[]string{"-f", "-", "-l", "a=b"}, "no manifest has the labels a=b"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			e := &cli.Environment{
				IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &out},
				Flags:     genericclioptions.NewConfigFlags(true), Getenv: func(string) string { return "" }, Now: time.Now,
			}
			cmd := newCommand(e, nil)
			cmd.SetArgs(tc.args)
			cmd.SetOut(&out)
			cmd.SetErr(&out)
			err := cmd.ExecuteContext(t.Context())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}
