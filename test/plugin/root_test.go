// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import "testing"

// TestOperatorRuns shows that the environment has an operator that carries out what is declared.
func TestOperatorRuns(t *testing.T) {
	env := newEnvironment(t)
	env.start()
	env.create(env.user("ada"))
	env.waitFor("ada", "InSync")
	if env.clerk.User(env.read("ada").Status.UserID) == nil {
		t.Error("the user is not at Clerk")
	}
	if r := env.run("--version"); r.code != 0 || r.out == "" {
		t.Errorf("--version: %+v", r)
	}
}
