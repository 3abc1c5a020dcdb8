// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// refusal is a spec that the API server refuses, with the field and the remedy that the refusal must name.
type refusal struct {
	spec, field, remedy string
}

func TestClerkUserRefused(t *testing.T) {
	t.Parallel()
	checkRefused(t, "ClerkUser", userRefusals())
}

func TestClerkInstanceRefused(t *testing.T) {
	t.Parallel()
	checkRefused(t, "ClerkInstance", instanceRefusals())
}

func TestClerkUserActionRefused(t *testing.T) {
	t.Parallel()
	checkRefused(t, "ClerkUserAction", actionRefusals())
}

func TestClerkUserActionAccepted(t *testing.T) {
	t.Parallel()
	checkAccepted(t, "ClerkUserAction", acceptedActions())
}

func TestClerkUserAccepted(t *testing.T) {
	t.Parallel()
	checkAccepted(t, "ClerkUser", acceptedUsers())
}

func TestClerkInstanceAccepted(t *testing.T) {
	t.Parallel()
	checkAccepted(t, "ClerkInstance", acceptedInstances())
}

func checkRefused(t *testing.T, kind string, cases map[string]refusal) {
	t.Helper()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.Create(t.Context(), object(t, kind, namespace, tc.spec), client.DryRunAll)
			expectRefused(t, err, tc.field, tc.remedy)
		})
	}
}

func checkAccepted(t *testing.T, kind string, specs map[string]string) {
	t.Helper()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.Create(t.Context(), object(t, kind, namespace, spec), client.DryRunAll); err != nil {
				t.Errorf("the spec %q was refused: %v", spec, err)
			}
		})
	}
}

// expectRefused fails unless the API server refused the object as invalid, with a cause that names the field and the remedy.
func expectRefused(t *testing.T, err error, field, remedy string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted; want it refused at %s with %q", field, remedy)
	}
	status := apierrors.APIStatus(nil)
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) || status.Status().Details == nil {
		t.Fatalf("refused with another kind of error: %v", err)
	}
	for _, cause := range status.Status().Details.Causes {
		if cause.Field == field && strings.Contains(cause.Message, remedy) {
			return
		}
	}
	t.Errorf("refused without naming %s and %q: %v", field, remedy, err)
}
