// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
)

// newCollector returns a collector in a cluster with these objects.
func newCollector(t *testing.T, objects ...client.Object) *collector {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	none := func(client.Object) []string { return nil }
	reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithIndex(&eventsv1.Event{}, "regarding.name", none).WithIndex(&eventsv1.Event{}, "regarding.uid", none).Build()
	return &collector{reader: reader, now: start, operatorNamespace: "clerk-operator-system", report: &Report{}}
}

func newUser(conditions ...metav1.Condition) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ann", Generation: 1, CreationTimestamp: ago(time.Hour)}}
	user.Status.Conditions = conditions
	return user
}

// TestTheInstanceOfTheMessageIsTheCause has a ClerkInstance that only a flag of the operator names.
func TestTheInstanceOfTheMessageIsTheCause(t *testing.T) {
	t.Parallel()
	instance := &v1alpha1.ClerkInstance{ObjectMeta: metav1.ObjectMeta{Namespace: "platform", Name: "live", Generation: 1}}
	instance.Status.Conditions = []metav1.Condition{condition("Ready", metav1.ConditionFalse, v1alpha1.ReasonInvalidKey,
		"entry secret-key of Secret clerk is not a Clerk secret key; put one there, which begins with sk_test_ or sk_live_ and has no quotes or other text around it", 1)}
	user := newUser(condition("Ready", metav1.ConditionFalse, v1alpha1.ReasonInstanceNotReady,
		"ClerkInstance platform/live cannot be used: entry secret-key of Secret clerk is not a Clerk secret key", 1))
	c := newCollector(t, instance, user)
	if err := c.user(t.Context(), client.ObjectKeyFromObject(user)); err != nil {
		t.Fatal(err)
	}
	if causes := c.report.Causes; len(causes) != 1 || causes[0].Name != "live" || causes[0].Finding.Reason != v1alpha1.ReasonInvalidKey {
		t.Errorf("the causes are %+v", causes)
	}
}

func TestWhetherTheOperatorRuns(t *testing.T) {
	t.Parallel()
	lease := func(renewed time.Duration) client.Object {
		return &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Namespace: "clerk-operator-system", Name: "clerk-operator"},
			Spec:       coordinationv1.LeaseSpec{RenewTime: ptr.To(metav1.NewMicroTime(start.Add(-renewed)))},
		}
	}
	for name, tc := range map[string]struct {
		objects  []client.Object
		want     string
		commands int
	}{
		"Runs":    {[]client.Object{lease(3 * time.Second)}, "The operator runs: it renewed its Lease 3s ago.", 0},
		"Stopped": {[]client.Object{lease(time.Hour)}, "The operator does not run: nobody renews its Lease clerk-operator-system/clerk-operator.", 1},
		"NoLease": {nil, "There is no Lease clerk-operator-system/clerk-operator", 1},
	} {
		user := newUser()
		c := newCollector(t, append(tc.objects, user)...)
		if err := c.user(t.Context(), client.ObjectKeyFromObject(user)); err != nil {
			t.Fatal(err)
		}
		first := c.report.Findings[0]
		if facts := strings.Join(c.report.Facts, "\n"); !strings.Contains(facts, tc.want) || len(first.Commands) != tc.commands {
			t.Errorf("%s: %s, commands %q; want %s", name, facts, first.Commands, tc.want)
		}
		if !strings.Contains(first.WhatToDo, "Check that the operator runs") {
			t.Errorf("%s: what to do is %q", name, first.WhatToDo)
		}
	}
}

func TestFactsOfAUser(t *testing.T) {
	t.Parallel()
	user := newUser()
	user.Annotations = map[string]string{v1alpha1.AnnotationCreating: "v1", v1alpha1.AnnotationReconcileRequestedAt: "now"}
	user.Undecoded = &v1alpha1.FieldPaths{"spec.mode"}
	user.Status.Banned, user.Status.Locked, user.Status.DirectoryManaged = ptr.To(true), ptr.To(true), ptr.To(true)
	facts := strings.Join(userFacts(user), "\n")
	for _, want := range []string{
		"Stored values that cannot be read: spec.mode.", "not bound to a user yet", "its result is not recorded yet", "is banned", "is locked.", "SCIM",
		"No reconciliation has succeeded since the annotation",
	} {
		if !strings.Contains(facts, want) {
			t.Errorf("the facts lack %q:\n%s", want, facts)
		}
	}
	until := ago(-time.Hour)
	user.Status.LockExpiresAt, user.Status.LastHandledReconcileAt = &until, "now"
	if facts := strings.Join(userFacts(user), "\n"); !strings.Contains(facts, "locked until 2026-05-12T10:30:00Z.") || strings.Contains(facts, "requests") {
		t.Errorf("the facts are\n%s", facts)
	}
}
