// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/letters"
)

// TestLetters checks the API server by the table that also checks the planner in internal/plan.
func TestLetters(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for name, tc := range letters.Cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.Create(t.Context(), object(t, "ClerkUser", namespace, tc.Spec()), client.DryRunAll)
			if tc.Refuser == letters.APIServer {
				expectRefused(t, err, tc.Field(), tc.Remedy)
			} else if err != nil {
				t.Errorf("%q is refused: %v", tc.Value, err)
			}
		})
	}
}
