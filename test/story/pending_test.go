// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestGenerationThatCannotBeCarriedOutSaysSo edits an object that is in sync, or stalled, while Clerk does not do its part.
func TestGenerationThatCannotBeCarriedOutSaysSo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  emulator.Fault
		reason string
	}{
		"Unavailable":    {emulator.Fault{Status: 503, Body: "<html>"}, v1alpha1.ReasonRetrying},
		"Throttled":      {emulator.Fault{Status: 429, Header: map[string]string{"Retry-After": "5"}}, v1alpha1.ReasonWaiting},
		"ConnectionsCut": {emulator.Fault{Cut: true}, v1alpha1.ReasonRetrying},
	} {
		for _, stalled := range []bool{false, true} {
			t.Run(fmt.Sprintf("%sStalled%t", name, stalled), func(t *testing.T) {
				env := newRunningEnvironment(t)
				env.create(env.user("ann"))
				before := env.expectReason("ann", v1alpha1.ReasonInSync)
				if stalled {
					env.edit("ann", func(s *spec) { s.Username = ptr.To("?") })
					before = env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
				}
				env.settle()
				fault := tc.fault
				fault.Method, fault.Path, fault.Times = "PATCH", "/users/*", -1
				env.clerk.InjectFault(fault)
				env.edit("ann", func(s *spec) { s.Username, s.FirstName = nil, ptr.To("Ann") })
				var user *v1alpha1.ClerkUser
				env.eventually("the new generation to be reported as under way", func() error {
					user = env.read("ann")
					c := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReconciling)
					if c == nil || c.ObservedGeneration != user.Generation || c.Reason != tc.reason {
						return fmt.Errorf("Reconciling is %+v", c)
					}
					return nil
				})
				checkStatus(t, user)
				was, is := readyOf(before), readyOf(user)
				if *was != *is || user.Status.ObservedGeneration >= user.Generation {
					t.Errorf("Ready is %+v of generation %d, want it left at %+v", is, user.Status.ObservedGeneration, was)
				}
				env.clerk.ClearFaults()
				env.server.Clock().Advance(5 * time.Second)
				env.expectReason("ann", v1alpha1.ReasonInSync)
				env.expectNoWrites()
			})
		}
	}
}

func readyOf(user *v1alpha1.ClerkUser) *metav1.Condition {
	return meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
}

// TestOrdinaryEditIsNeverReportedAsUnderWay watches edits that are carried out at once, and a few that wait for their turn.
func TestOrdinaryEditIsNeverReportedAsUnderWay(t *testing.T) {
	const many = 10
	env := newRunningEnvironment(t)
	edits := map[string]func(*spec){
		"name":     func(s *spec) { s.FirstName = ptr.To("Ann") },
		"ban":      banned,
		"metadata": func(s *spec) { s.PublicMetadata = object(`{"role":"viewer"}`) },
		"address": func(s *spec) {
			s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: address("second")})
		},
	}
	for i := range many {
		edits[fmt.Sprintf("of-many%d", i)] = func(s *spec) { s.LastName = ptr.To("Lee") }
	}
	for name := range edits {
		env.create(env.user(name))
	}
	for name := range edits {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	// Five calls at once, and about two a second after that.
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.RateLimit.RequestsPer10s = ptr.To[int32](25)
		i.Spec.Drift.Interval.Duration = time.Hour
	})
	env.settle()
	seen := env.watchUsers()
	for name, edit := range edits {
		env.edit(name, edit)
	}
	for name := range edits {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.settle()
	versions := 0
	for name, changes := range seen() {
		versions += len(changes)
		if slices.ContainsFunc(changes, func(u *v1alpha1.ClerkUser) bool {
			return meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReconciling) != nil
		}) {
			t.Errorf("the edit of %s was reported as under way", name)
		}
	}
	if versions < 2*len(edits) {
		t.Errorf("%d versions of %d objects were seen, want each edited and carried out", versions, len(edits))
	}
	env.expectNoWrites()
}

// watchUsers takes down every version of each ClerkUser from now until the function it returns is called.
func (env *environment) watchUsers() (stop func() map[string][]*v1alpha1.ClerkUser) {
	env.t.Helper()
	seen, err := env.client.Watch(env.t.Context(), &v1alpha1.ClerkUserList{}, client.InNamespace(env.namespace))
	if err != nil {
		env.t.Fatal(err)
	}
	all, done := map[string][]*v1alpha1.ClerkUser{}, make(chan struct{})
	go func() {
		defer close(done)
		for e := range seen.ResultChan() {
			if user, ok := e.Object.(*v1alpha1.ClerkUser); ok {
				all[user.Name] = append(all[user.Name], user)
			}
		}
	}()
	return func() map[string][]*v1alpha1.ClerkUser {
		seen.Stop()
		<-done
		return all
	}
}
