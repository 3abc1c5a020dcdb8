// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	table "github.com/clerk-operator/clerk-operator/internal/reasons"
)

// run runs the plugin without a cluster.
func run(t *testing.T, args ...string) (out, errOut string, code int) {
	t.Helper()
	var written, complained bytes.Buffer
	e := &cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: strings.NewReader(""), Out: &written, ErrOut: &complained},
		Flags:     genericclioptions.NewConfigFlags(true),
		Getenv:    func(string) string { return "" },
	}
	code = plugin.Run(t.Context(), e, args)
	return written.String(), complained.String(), code
}

func TestOneReason(t *testing.T) {
	t.Parallel()
	const want = `InvalidKey (ClerkInstance, Ready=False)
  The Secret contains something that is not a Clerk secret key.
  Urgency: now, stays until somebody changes something, and all users of the ClerkInstance wait for
  it.
  Next try: When the spec changes, and once a minute (--secret-interval); after a change of the
  Secret at once with --watch-secrets.

  Message: entry ‹entry› of Secret ‹secret› is not a Clerk secret key; put one there, which begins
  with sk_test_ or sk_live_ and has no quotes or other text around it
  What to do: Put a secret key there. You may have taken the publishable key (pk_…).
    (read -rs key && printf %s "$key") | kubectl create secret generic ‹secret› -n ‹namespace› --from-file=‹entry›=/dev/stdin --dry-run=client -o yaml | kubectl replace -f -
`
	out, errOut, code := run(t, "reasons", "invalidkey")
	if diff := cmp.Diff(want, out); diff != "" || code != cli.ExitDone {
		t.Errorf("exit code %d, %s; output (-want +got):\n%s", code, errOut, diff)
	}
}

func TestListsHaveEveryReason(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"reasons"}, {"reasons", "-o", "wide"}, {"reasons", "-o", "yaml"}} {
		out, errOut, code := run(t, args...)
		if code != cli.ExitDone || errOut != "" {
			t.Errorf("%v: exit code %d, %s", args, code, errOut)
		}
		for _, name := range table.Names() {
			if !strings.Contains(out, name) {
				t.Errorf("%v: %s is missing", args, name)
			}
		}
	}
}

func TestJSONIsTheTable(t *testing.T) {
	t.Parallel()
	out, errOut, code := run(t, "reasons", "--kind", "cua", "-o", "json")
	var got []table.Entry
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != cli.ExitDone {
		t.Fatalf("exit code %d, %v: %s", code, err, errOut)
	}
	var want []table.Entry
	for _, entry := range table.All() {
		if entry.Kind == "ClerkUserAction" {
			want = append(want, entry.Plain())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`there is no reason "Insinc"; did you mean InSync?`: {"reasons", "Insinc"},
		`there is no reason "InSync" (`:                     {"reasons", "InSync", "--kind", "clerkinstance"},
		`--kind: there is no kind "pod"`:                    {"reasons", "--kind", "pod"},
	} {
		if out, errOut, code := run(t, args...); code != cli.ExitError || !strings.Contains(errOut, want) || out != "" {
			t.Errorf("%v: exit code %d, %q, %q; want %q", args, code, out, errOut, want)
		}
	}
}

func TestReasonsAreCompleted(t *testing.T) {
	t.Parallel()
	out, _, _ := run(t, "__complete", "reasons", "--kind", "clerkuseraction", "Car")
	if !strings.Contains(out, "CarriedOut\tClerk carried out the action.") || strings.Contains(out, "InSync") {
		t.Errorf("completions: %s", out)
	}
}
