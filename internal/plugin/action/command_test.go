// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/clerk-operator/clerk-operator/internal/plugin"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
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
	code = plugin.Run(t.Context(), e, append([]string{"action"}, args...))
	return written.String(), complained.String(), code
}

// TestDryRunPrintsTheObject needs no cluster.
func TestDryRunPrintsTheObject(t *testing.T) {
	t.Parallel()
	const want = `apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUserAction
metadata:
  generateName: ann-get-oauth-access-token-
  namespace: team-a
spec:
  getOAuthAccessToken:
    provider: oauth_google
    secretName: token
  ttlSecondsAfterFinished: 3600
  userRef:
    name: ann
`
	out, errOut, code := run(t, "ann", "-n", "team-a", "--get-oauth-access-token", "oauth_google", "--into=token", "--ttl", "1h", "--dry-run", "-o", "yaml")
	if diff := cmp.Diff(want, out); diff != "" || code != cli.ExitDone {
		t.Errorf("exit code %d, %s; the object (-want +got):\n%s", code, errOut, diff)
	}
	out, errOut, code = run(t, "ann", "-n", "team-a", "--disable-mfa", "--dry-run=client")
	if want := "clerkuseraction.clerk-operator.io/ann-disable-mfa- created (dry run)\n"; out != want || code != cli.ExitDone {
		t.Errorf("exit code %d, %s: %q, want %q", code, errOut, out, want)
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"NoUser":             {[]string{"--disable-mfa"}, "accepts 1 arg(s), received 0"},
		"NoAction":           {[]string{"ann"}, "name the action with one of: --disable-mfa, --delete-totp"},
		"TwoActions":         {[]string{"ann", "--disable-mfa", "--delete-totp"}, "none of the others can be"},
		"TheSameTwice":       {[]string{"ann", "--delete-passkey=idn_1", "--delete-passkey=idn_2"}, "one call creates one action"},
		"ValueOfNone":        {[]string{"ann", "--disable-mfa=false"}, "the flag has no value"},
		"EmptyValue":         {[]string{"ann", "--delete-passkey="}, "want ID"},
		"ParameterMissing":   {[]string{"ann", "--create-totp"}, "--create-totp needs --into"},
		"ParameterOfAnother": {[]string{"ann", "--disable-mfa", "--revoke-sessions"}, "--disable-mfa takes no --revoke-sessions"},
		"PasswordItself":     {[]string{"ann", "--verify-password-from", "hunter2"}, "--verify-password-from: want SECRET/KEY"},
		"TTLTooFine":         {[]string{"ann", "--disable-mfa", "--ttl", "1500ms"}, "--ttl: want whole seconds"},
		"TTLTooLong":         {[]string{"ann", "--disable-mfa", "--ttl", "9000h"}, "at most a year"},
		"DryRunOfAnotherWay": {[]string{"ann", "--disable-mfa", "--dry-run=maybe"}, `--dry-run: want none, client or server, not "maybe"`},
	} {
		out, errOut, code := run(t, append(tc.args, "-n", "team-a")...)
		if code != cli.ExitError || !strings.Contains(errOut, tc.want) || out != "" || strings.Contains(errOut, "hunter2") {
			t.Errorf("%s: exit code %d, %q, %q; want %q", name, code, out, errOut, tc.want)
		}
	}
}

func TestHelpNamesWhatIsDangerous(t *testing.T) {
	t.Parallel()
	out, _, _ := run(t, "--help")
	for _, want := range []string{"cannot be undone", "--verify-password-from SECRET/KEY", "--disable-mfa ", "--into SECRET", "--wait"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help lacks %q:\n%s", want, out)
		}
	}
}
