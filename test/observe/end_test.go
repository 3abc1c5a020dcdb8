// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// What reachEnd adds to usualChanges, by the numbers of the users.
const (
	endHeld      = usualDeleted // the first of two users that are deleted, which the brake holds
	endSuspended = endHeld + 2
	endEdited    = endSuspended + 1
	endCreated   = usualUsers // the first of two users that are created
	endRefused   = endCreated + 2
	endForeign   = endRefused + 1 // somebody else created this user at Clerk
	endNobody    = endForeign + 1 // there is no such ClerkUser, and an action for it
)

// end is how the users of usualChanges are in the end.
type end struct {
	stage *stage
	// reasons are the numbers of users by reason.
	reasons map[string]float64
	// outOfSync is when the user that is out of sync for longest was last in sync.
	outOfSync time.Time
	// action is when the action that waits was created.
	action time.Time
}

func (env *Environment) stageOf(t *testing.T, instance string) *stage {
	t.Helper()
	for _, s := range env.stages {
		if s.scenario.instance == instance {
			return s
		}
	}
	t.Fatalf("no scenario has ClerkInstance %s", instance)
	return nil
}

// reachEnd changes users, and waits until the operator has nothing to do any more.
func (s *stage) reachEnd(t *testing.T) end {
	t.Helper()
	ctx := t.Context()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(s.deleteUsers(ctx, endHeld, 2))
	do(s.editUser(ctx, endSuspended, func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }))
	do(s.editUser(ctx, endEdited, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Augusta") }))
	address := func(n int) string { return s.userName(n) + "@example.com" }
	s.clerk.Configure(func(settings *emulator.Settings) { settings.Blocked = []string{address(endRefused)} })
	s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address(endForeign))}})
	do(s.addUsers(ctx, endCreated, endNobody-endCreated))
	done, err := s.resetSecondFactors(ctx, endEdited)
	do(err)
	do(s.awaitEnd(ctx, done, v1alpha1.ConditionComplete))
	waits, err := s.resetSecondFactors(ctx, endNobody)
	do(err)
	e := end{stage: s, action: waits.CreationTimestamp.Time, reasons: map[string]float64{
		v1alpha1.ReasonInSync: usualUsers - usualDeleted - 2 - 1 + 2, v1alpha1.ReasonDeletionHeld: 2, v1alpha1.ReasonSuspended: 1,
		v1alpha1.ReasonRejectedByClerk: 1, v1alpha1.ReasonAlreadyExists: 1,
	}}
	do(s.env.await(ctx, "the end of usualChanges", e.check))
	return e
}

// check returns an error if the objects do not have the reasons.
func (e *end) check(ctx context.Context) error {
	users, found := &v1alpha1.ClerkUserList{}, map[string]float64{}
	if err := e.stage.env.client.List(ctx, users, client.InNamespace(e.stage.env.usersNamespace())); err != nil {
		return fmt.Errorf("listing ClerkUsers: %w", err)
	}
	e.outOfSync = time.Time{}
	for i := range users.Items {
		user := &users.Items[i]
		if user.Spec.InstanceRef.Name != e.stage.scenario.instance {
			continue
		}
		reason, since := "", time.Time{}
		if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			reason, since = ready.Reason, ready.LastTransitionTime.Time
		}
		if meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionSuspended) {
			reason = v1alpha1.ReasonSuspended
		}
		if reason == v1alpha1.ReasonRejectedByClerk || reason == v1alpha1.ReasonAlreadyExists {
			if e.outOfSync.IsZero() || since.Before(e.outOfSync) {
				e.outOfSync = since
			}
		}
		found[reason]++
	}
	if diff := cmp.Diff(e.reasons, found); diff != "" {
		return fmt.Errorf("the reasons of the users (-want +got):\n%s", diff)
	}
	return nil
}
