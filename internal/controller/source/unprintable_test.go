// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/test/leak"
)

func TestWhatMustNotBePrintedIsNot(t *testing.T) {
	t.Parallel()
	values := &Values{}
	leak.Fill(&values.Inputs)
	leak.Check(t, []any{values}, map[string]string{
		"MissingError": "names a field and an object",
		"Reader":       "is not kept, and printed by nothing",
		"Reference":    "names an entry, not what is in it",
		"UnreadField":  "names a field and an error",
	})
	// A value of its own in an unexported field is what a reconciliation holds; package fmt does not ask it how to print.
	marker := clerk.NewSecret(leak.Marker)
	type holder struct{ values Values }
	held := holder{Values{Inputs: plan.Inputs{
		Password: marker, ProfileImage: clerk.ProfileImage{Content: marker}, PrivateMetadata: []clerk.Secret{marker},
		Initial: plan.InitialInputs{Password: marker, PasswordDigest: marker, TOTPSecret: marker, BackupCodes: []clerk.Secret{marker}},
	}}}
	if shown := leak.Shown(&held); len(shown) > 0 {
		t.Errorf("an unexported field shows them in %v", shown)
	}
}
