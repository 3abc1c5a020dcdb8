// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestExit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		code int
		want string
	}{
		"Done":              {nil, ExitDone, ""},
		"Found":             {fmt.Errorf("comparing: %w", &FoundError{Message: "it differs"}), ExitFound, "kubectl clerk: comparing: it differs\n"},
		"FoundWithoutText":  {&FoundError{}, ExitFound, ""},
		"TwoLines":          {&FoundError{Message: "it failed\nDo this."}, ExitFound, "kubectl clerk: it failed\nDo this.\n"},
		"ControlCharacters": {errors.New("said \x1b[2J\rkubectl clerk: fine"), ExitError, "kubectl clerk: said \ufffd[2J kubectl clerk: fine\n"},
	} {
		var out bytes.Buffer
		e := &Environment{IOStreams: genericiooptions.IOStreams{ErrOut: &out}}
		if code := e.Exit(tc.err); code != tc.code || out.String() != tc.want {
			t.Errorf("%s: exit code %d, %q; want %d, %q", name, code, out.String(), tc.code, tc.want)
		}
	}
}
