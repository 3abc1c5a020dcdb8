// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestOlder(t *testing.T) {
	t.Parallel()
	object := func(uid string, age time.Duration) *v1alpha1.ClerkUser {
		return newTestUser("ann", func(u *v1alpha1.ClerkUser) {
			u.UID, u.CreationTimestamp = types.UID(uid), metav1.NewTime(start.Add(-age))
		})
	}
	tests := map[string]struct {
		a, b *v1alpha1.ClerkUser
		want bool
	}{
		"CreatedEarlier":        {object("z", time.Hour), object("a", time.Minute), true},
		"CreatedLater":          {object("a", time.Minute), object("z", time.Hour), false},
		"SameSecondLowerUID":    {object("a", time.Hour), object("b", time.Hour), true},
		"SameSecondHigherUID":   {object("b", time.Hour), object("a", time.Hour), false},
		"NobodyIsOlderThanHeIs": {object("a", time.Hour), object("a", time.Hour), false},
		"AnotherZoneSameInstant": {object("b", 0), func() *v1alpha1.ClerkUser {
			o := object("a", 0)
			o.CreationTimestamp = metav1.NewTime(start.In(time.FixedZone("", 3600)))
			return o
		}(), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := older(tc.a, tc.b); got != tc.want {
				t.Errorf("older is %t, want %t", got, tc.want)
			}
			if tc.a.UID != tc.b.UID && older(tc.a, tc.b) == older(tc.b, tc.a) {
				t.Error("of two objects not exactly one is older")
			}
		})
	}
}

func TestStatusThatATenantWroteTakesNoUserFromItsOwner(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(rec *reconciliation, other *v1alpha1.ClerkUser)
		want   bool
	}{
		"Signed":    {func(*reconciliation, *v1alpha1.ClerkUser) {}, true},
		"NotSigned": {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Binding = "" }, false},
		"SignedForSelf": {func(rec *reconciliation, o *v1alpha1.ClerkUser) {
			o.Status.Binding = rec.key.Sign(rec.subject(testUserID))
		}, false},
		"SignedForAnother":    {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.UserID = "user_other" }, false},
		"ElsewhereAtClerk":    {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance.ID = "ins_other" }, false},
		"NowhereAtClerk":      {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance = nil }, false},
		"ByAnotherReference":  {func(_ *reconciliation, o *v1alpha1.ClerkUser) { o.Status.Instance.Name = "alias" }, true},
		"SignedByAnotherKeys": {func(rec *reconciliation, _ *v1alpha1.ClerkUser) { rec.key = newTestReconciler(t, newClock()).Key }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			other := newTestUser("bob", func(u *v1alpha1.ClerkUser) {
				u.Status.UserID = testUserID
				u.Status.Instance = &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}
			})
			subject := rec.subject(testUserID)
			subject.UID = string(other.UID)
			other.Status.Binding = rec.key.Sign(subject)
			tc.change(rec, other)
			if got := stepsOf(r).locate(withoutRights(rec)).sharesInstance(other); got != tc.want {
				t.Errorf("manages the same user: %t, want %t", got, tc.want)
			}
		})
	}
}
