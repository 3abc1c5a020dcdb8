// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

func TestNamespacesAreAdmitted(t *testing.T) {
	t.Parallel()
	from := func(f v1alpha1.NamespacesFrom) *v1alpha1.AllowedNamespaces {
		return &v1alpha1.AllowedNamespaces{From: &f}
	}
	tests := map[string]struct {
		allowed   *v1alpha1.AllowedNamespaces
		elsewhere bool
		want      bool
	}{
		"OwnNamespace":             {nil, false, true},
		"OwnNamespaceWhateverFrom": {from("Nobody"), false, true},
		"OmittedIsSame":            {nil, true, false},
		"Same":                     {from(v1alpha1.NamespacesFromSame), true, false},
		"All":                      {from(v1alpha1.NamespacesFromAll), true, true},
		"UnknownIsNobody":          {from("Nobody"), true, false},
		"FromOmitted":              {&v1alpha1.AllowedNamespaces{}, true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			instance := newTestInstance()
			instance.Spec.AllowedNamespaces = tc.allowed
			if tc.elsewhere {
				instance.Namespace = "platform"
			}
			err := stepsOf(r).resolver(withoutRights(rec)).checkAllowed(t.Context(), instance)
			if (err == nil) != tc.want {
				t.Fatalf("checkAllowed() = %v, want admitted: %t", err, tc.want)
			}
			if found, _ := errors.AsType[*reconcile.Problem](err); err != nil && (found == nil || found.Reason != v1alpha1.ReasonNotAllowed) {
				t.Errorf("checkAllowed() = %v, want reason NotAllowed", err)
			}
		})
	}
}

func TestSameInstance(t *testing.T) {
	t.Parallel()
	home := v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}
	tests := map[string]struct {
		userID string
		bound  *v1alpha1.BoundInstance
		want   bool
	}{
		"NotBound":           {"", nil, true},
		"NotBoundAnyMore":    {"", &v1alpha1.BoundInstance{ID: "ins_other"}, true},
		"BoundBeforeRecords": {testUserID, nil, true},
		"Home":               {testUserID, &home, true},
		"AnotherInstanceID":  {testUserID, &v1alpha1.BoundInstance{Namespace: home.Namespace, Name: home.Name, ID: "ins_other"}, false},
		"AnotherName":        {testUserID, &v1alpha1.BoundInstance{Namespace: home.Namespace, Name: "other", ID: home.ID}, false},
		"AnotherNamespace":   {testUserID, &v1alpha1.BoundInstance{Namespace: "platform", Name: home.Name, ID: home.ID}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Status.UserID, u.Status.Instance = tc.userID, tc.bound
			}))
			err := rec.checkSameInstance()
			if (err == nil) != tc.want {
				t.Fatalf("checkSameInstance() = %v, want none: %t", err, tc.want)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.bound.ID) || !strings.Contains(err.Error(), testInstanceID)) {
				t.Errorf("%q does not name both instances", err)
			}
		})
	}
}

// The creation of many users does not delay calls for existing users, nor those of other namespaces.
func TestNewUsersHaveTheirOwnFlow(t *testing.T) {
	t.Parallel()
	flows := map[string]string{}
	for _, namespace := range []string{"team-a", "team-b"} {
		for _, userID := range []string{"", testUserID} {
			rec := startReconciliation(t, newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Namespace, u.Status.UserID = namespace, userID
			}))
			if other, found := flows[rec.flow()]; found {
				t.Errorf("%s and %s share the part %q", namespace+userID, other, rec.flow())
			}
			flows[rec.flow()] = namespace + userID
			other := startReconciliation(t, newTestUser("bob", func(u *v1alpha1.ClerkUser) {
				u.Namespace, u.Status.UserID = namespace, userID
			}))
			if other.flow() != rec.flow() {
				t.Errorf("two of a kind in %s have parts %q and %q", namespace, rec.flow(), other.flow())
			}
		}
	}
}

func TestPriorityLevel(t *testing.T) {
	t.Parallel()
	seen := func(u *v1alpha1.ClerkUser) { u.Status.ObservedGeneration = u.Generation }
	ready := func(u *v1alpha1.ClerkUser) {
		seen(u)
		fillConditions(u, result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}})
	}
	tests := map[string]struct {
		change []func(*v1alpha1.ClerkUser)
		want   ratelimit.PriorityLevel
	}{
		"New":         {nil, ratelimit.Interactive},
		"EditedSince": {[]func(*v1alpha1.ClerkUser){ready, func(u *v1alpha1.ClerkUser) { u.Generation++ }}, ratelimit.Interactive},
		"Unchanged":   {[]func(*v1alpha1.ClerkUser){ready}, ratelimit.Drift},
		"AskedToLook": {[]func(*v1alpha1.ClerkUser){ready, func(u *v1alpha1.ClerkUser) {
			u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
		}}, ratelimit.Interactive},
		"BeingDeleted": {[]func(*v1alpha1.ClerkUser){ready, func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }}, ratelimit.Interactive},
		"LookedAtAsAsk": {[]func(*v1alpha1.ClerkUser){ready, func(u *v1alpha1.ClerkUser) {
			u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
			u.Status.LastHandledReconcileAt = "now"
		}}, ratelimit.Drift},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := startReconciliation(t, newTestUser("ann", tc.change...))
			if got := rec.priorityLevel(); got != tc.want {
				t.Errorf("level is %d, want %d", got, tc.want)
			}
		})
	}
}
