// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"strings"
	"testing"
)

// The id becomes a name of metrics and of events, so a server cannot answer with any text.
func TestInstanceIDHasAForm(t *testing.T) {
	t.Parallel()
	for id, accepted := range map[string]bool{
		"ins_2GIoQhWrsdA8uZkl1QIdvGdiRTP":  true,
		"ins_" + strings.Repeat("x", 60):   true,
		"ins_" + strings.Repeat("x", 61):   false,
		"ins_" + strings.Repeat("x", 5000): false,
		"ins_":                             false,
		`ins_a\"} 1`:                       false,
		"user_29w83sxmDNGwOuEthce5gg56FcC": false,
		"":                                 false,
	} {
		c := newTestClient(t, newStub(t, answering(200, `{"id":"`+id+`","environment_type":"production"}`)).URL)
		if got, err := c.Instance(t.Context()); (err == nil) != accepted || accepted && got.ID != id {
			t.Errorf("%.40q: %+v, %v", id, got, err)
		}
	}
}
