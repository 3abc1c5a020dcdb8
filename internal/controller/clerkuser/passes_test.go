// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestQuietPassWritesAndAsksNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.tells(v1alpha1.EventCreated)
	s.wantCalls(1)
	before := s.user("ann").ResourceVersion
	s.clerk.ResetJournal()
	for range 3 {
		s.becomes("ann", v1alpha1.ReasonInSync)
	}
	s.wantCalls(0)
	if woken := s.compares(); len(woken) != 0 {
		t.Errorf("a comparison that finds nothing wakes %v", woken)
	}
	s.clerk.ResetJournal()
	if result := s.becomes("ann", v1alpha1.ReasonInSync); result.RequeueAfter != 0 {
		t.Errorf("a quiet object looks again in %s", result.RequeueAfter)
	}
	s.wantCalls(0)
	if after := s.user("ann").ResourceVersion; after != before || len(told(s.Reconciler)) != 0 {
		t.Errorf("quiet passes wrote version %s over %s", after, before)
	}
}

func TestOldCopyIsPassedOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	old := s.user("ann")
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clerk.ResetJournal()
	result, err := s.Reconcile(t.Context(), old)
	if err != nil || !result.IsZero() {
		t.Errorf("a pass over an old copy: %+v, %v", result, err)
	}
	s.wantCalls(0)
}

func TestLoopIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	for range reconcile.RatesBurst {
		s.pass("ann")
	}
	s.clerk.ResetJournal()
	s.clock.advance(reconcile.RatesInterval - time.Second)
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	if result := s.pass("ann"); result.RequeueAfter != time.Second {
		t.Errorf("the pass is put off by %s, want %s", result.RequeueAfter, time.Second)
	}
	s.wantCalls(0)
}

func TestVerdictIsWrittenThoughClerkTookAllTheTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.server.InjectFault(emulator.Fault{Hang: true, Times: -1})
	ctx, cancel := context.WithTimeout(t.Context(), reconcile.ReportingTime+200*time.Millisecond)
	defer cancel()
	if _, err := s.Reconcile(ctx, s.user("ann")); err == nil {
		t.Error("a pass without an answer is not tried again")
	}
	if ready := readyCondition(s.user("ann")); ready == nil || ready.Reason != v1alpha1.ReasonWaiting {
		t.Errorf("Ready is %+v, want Waiting", ready)
	}
}

func TestSelectorAdmitsNamespaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		selector *metav1.LabelSelector
		want     string
	}{
		"Matches":     {&metav1.LabelSelector{MatchLabels: map[string]string{"team": "a"}}, v1alpha1.ReasonInSync},
		"DoesNot":     {&metav1.LabelSelector{MatchLabels: map[string]string{"team": "b"}}, v1alpha1.ReasonNotAllowed},
		"MissingIsNo": {nil, v1alpha1.ReasonNotAllowed},
		"Unreadable":  {&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Is"}}}, v1alpha1.ReasonWaiting},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			elsewhere := newTestInstance()
			elsewhere.Namespace, elsewhere.Name = "platform", "prod"
			elsewhere.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromSelector), Selector: tc.selector}
			if err := s.cluster.Create(t.Context(), elsewhere); err != nil {
				t.Fatal(err)
			}
			state, _ := s.Pool.State(instanceName(newTestInstance()))
			s.connect(state.Connection.Client, instanceName(elsewhere))
			s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "prod", Namespace: ptr.To("platform")}
			}))
			s.becomes("ann", tc.want)
		})
	}
}

func TestWaysToClerkThatAreNotThere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(s *stage)
		want   string
		silent bool
	}{
		"NoInstance":      {func(s *stage) { _ = s.cluster.Delete(t.Context(), newTestInstance()) }, v1alpha1.ReasonInstanceNotFound, false},
		"InstanceNotSeen": {func(s *stage) { s.Pool.Drop(instanceName(newTestInstance())) }, v1alpha1.ReasonWaiting, true},
		"InstanceNotUsable": {func(s *stage) {
			s.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
		}, v1alpha1.ReasonInstanceNotReady, false},
		"ClusterFails": {func(s *stage) {
			s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return errors.New("no")
			}})
		}, v1alpha1.ReasonWaiting, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			tc.change(s)
			if tc.silent {
				result := s.pass("ann")
				if ready := readyCondition(s.user("ann")); ready != nil || result.RequeueAfter != reconcile.Impatience {
					t.Errorf("what is about to come is told at once: %+v, and looked at again in %s", ready, result.RequeueAfter)
				}
				s.clock.advance(result.RequeueAfter)
			}
			s.becomes("ann", tc.want)
			s.wantCalls(0)
			if u := s.user("ann"); len(u.Finalizers) != 0 || len(u.Annotations) != 0 {
				t.Errorf("an object that cannot be served is given %v and %v", u.Finalizers, u.Annotations)
			}
		})
	}
}

func TestAnswerOfACreatingCallIsLost(t *testing.T) {
	t.Parallel()
	lost := emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Cut: true}
	tests := map[string]struct {
		fault emulator.Fault
		then  func(s *stage)
		event string
	}{
		"CarriedOut":               {lost, func(*stage) {}, v1alpha1.EventResumed},
		"NotCarriedOut":            {emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true}, func(*stage) {}, v1alpha1.EventCreated},
		"CarriedOutBeforeARestart": {lost, (*stage).restart, v1alpha1.EventResumed},
		"MalformedAnswer":          {emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Body: "{]"}, func(*stage) {}, v1alpha1.EventResumed},
		"IdentifierEditedAfterwards": {lost, func(s *stage) {
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
		}, v1alpha1.EventResumed},
		"IdentifierEditedBeforeARestart": {lost, func(s *stage) {
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
			s.restart()
		}, v1alpha1.EventResumed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			s.server.InjectFault(tc.fault)
			s.becomes("ann", v1alpha1.ReasonWaiting)
			tc.then(s)
			s.becomes("ann", v1alpha1.ReasonInSync)
			s.tells(tc.event)
			if user := s.atClerk(); user.ID != s.user("ann").Status.UserID {
				t.Errorf("bound to %q, at Clerk is %q", s.user("ann").Status.UserID, user.ID)
			}
		})
	}
}

// A list may not show for a minute what was created: only then is a former creating call believed to have had no effect.
func TestFormerCallIsBelievedToBeWithoutEffectAfterAMinute(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
	s.becomes("ann", v1alpha1.ReasonWaiting)
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	for at := time.Duration(0); at < clerk.LagTime; {
		result := s.pass("ann")
		if result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
			t.Fatalf("after %s it is looked again in %s", at, result.RequeueAfter)
		}
		if len(s.clerk.Users()) != 0 {
			t.Fatalf("after %s another user was created", at)
		}
		at += result.RequeueAfter
		s.clock.advance(result.RequeueAfter)
	}
	s.becomes("ann", v1alpha1.ReasonInSync)
	if c := creation.Of(s.user("ann")); s.atClerk().EmailAddresses[0].EmailAddress != "new@example.com" || c.Value != "new@example.com" {
		t.Errorf("created was %+v under the annotation %+v", s.atClerk().EmailAddresses, c)
	}
}

func TestIdentifierThatIsTaken(t *testing.T) {
	t.Parallel()
	seed := func(s *stage, change ...func(*emulator.User)) {
		user := emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}}
		for _, f := range change {
			f(&user)
		}
		s.clerk.Seed(user)
	}
	adopts := func(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }
	twoAddresses := func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "two@example.com"})
	}
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		clerk func(s *stage)
		want  string
	}{
		"ByAStranger":            {nil, func(s *stage) { seed(s) }, v1alpha1.ReasonAlreadyExists},
		"ByAStrangerToBeAdopted": {[]func(*v1alpha1.ClerkUser){adopts}, func(s *stage) { seed(s) }, v1alpha1.ReasonInSync},
		"ByTwoStrangers": {[]func(*v1alpha1.ClerkUser){adopts, twoAddresses}, func(s *stage) {
			seed(s)
			seed(s, func(u *emulator.User) { u.EmailAddresses[0] = emulator.VerifiedEmail("two@example.com") })
		}, v1alpha1.ReasonAmbiguous},
		"ByTwoInDifferentWays": {[]func(*v1alpha1.ClerkUser){adopts, func(u *v1alpha1.ClerkUser) { u.Spec.Username = ptr.To("ann_lee") }}, func(s *stage) {
			seed(s)
			seed(s, func(u *emulator.User) { u.EmailAddresses, u.Username = nil, ptr.To("ann_lee") })
		}, v1alpha1.ReasonAmbiguous},
		"ByNobodyWhomAListShows": {nil, func(s *stage) {
			s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists", Param: "email_address"})
		}, v1alpha1.ReasonWaiting},
		"ByNobodyOfAKindThatClerkDoesNotName": {nil, func(s *stage) {
			s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonWaiting},
		"ByAStrangerOfAKindThatClerkDoesNotName": {nil, func(s *stage) {
			seed(s)
			s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			tc.clerk(s)
			s.create(newTestUser("ann", tc.user...))
			result := s.becomes("ann", tc.want)
			if tc.want == v1alpha1.ReasonWaiting && result.RequeueAfter != takenRetry {
				t.Errorf("it is looked again in %s, want %s", result.RequeueAfter, takenRetry)
			}
			if tc.want != v1alpha1.ReasonInSync && s.user("ann").Status.UserID != "" {
				t.Errorf("bound to %s", s.user("ann").Status.UserID)
			}
		})
	}
}

func TestYoungerOfTwoForOneUserWritesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	status := s.user("ann").Status
	s.create(newTestUser("copy", func(u *v1alpha1.ClerkUser) {
		u.CreationTimestamp = metav1.NewTime(start.Add(time.Hour))
		u.Spec.Banned = ptr.To(true)
		u.Status = status
	}))
	s.clerk.ResetJournal()
	s.becomes("copy", v1alpha1.ReasonConflict)
	s.wantCalls(0)
	s.delete("ann")
	s.vanishes("ann")
	if len(s.clerk.Users()) != 0 {
		t.Error("the older one could not be deleted")
	}
}

func TestObjectIsLetGo(t *testing.T) {
	t.Parallel()
	gone := func(s *stage) { _ = s.cluster.Delete(s.t.Context(), newTestInstance()) }
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		then  func(s *stage)
		left  bool
		event string
		calls int
	}{
		"Deleted":   {nil, func(*stage) {}, false, v1alpha1.EventDeleted, 2},
		"Banned":    {[]func(*v1alpha1.ClerkUser){deletes(v1alpha1.DeletionBan)}, func(*stage) {}, true, v1alpha1.EventBanned, 3},
		"Retained":  {[]func(*v1alpha1.ClerkUser){deletes(v1alpha1.DeletionRetain)}, func(*stage) {}, true, v1alpha1.EventReleased, 2},
		"Suspended": {nil, func(s *stage) { s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }) }, true, v1alpha1.EventReleased, 0},
		"GoneAtClerkBefore": {nil, func(s *stage) {
			s.clock.advance(clerk.LagTime)
			_ = s.clerk.Delete(s.atClerk().ID)
		}, false, v1alpha1.EventReleased, 2},
		"GoneWhileDeleting": {nil, func(s *stage) {
			s.clock.advance(clerk.LagTime)
			s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, AfterApplying: true, Status: 404, Code: "resource_not_found"})
		}, false, v1alpha1.EventReleased, 3},
		"MarkRemovedButSigned": {nil, func(s *stage) { s.unmark() }, false, v1alpha1.EventDeleted, 2},
		"MarkRemovedUnsigned": {nil, func(s *stage) {
			s.unmark()
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Binding = "" })
		}, true, v1alpha1.EventReleased, 1},
		"MarkedByAnother": {nil, func(s *stage) {
			other := markOf(newTestUser("other"), v1alpha1.OriginCreated)
			_, _ = s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{v1alpha1.OwnerKey: other.String()} })
		}, true, v1alpha1.EventReleased, 1},
		"DenyIsRetain": {nil, func(s *stage) {
			s.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		}, true, v1alpha1.EventReleased, 2},
		"InstanceGoneAndRetained": {[]func(*v1alpha1.ClerkUser){deletes(v1alpha1.DeletionRetain)}, gone, true, v1alpha1.EventReleased, 0},
		"AccessRevoked": {nil, func(s *stage) {
			gone(s)
			elsewhere := newTestInstance()
			elsewhere.Namespace = "platform"
			_ = s.cluster.Create(s.t.Context(), elsewhere)
			s.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To("platform")}
			})
		}, true, v1alpha1.EventReleased, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann", tc.user...))
			s.becomes("ann", v1alpha1.ReasonInSync)
			told(s.Reconciler)
			tc.then(s)
			s.delete("ann")
			s.clerk.ResetJournal()
			s.vanishes("ann")
			if left := len(s.clerk.Users()) == 1; left != tc.left {
				t.Errorf("the user is at Clerk: %t, want %t", left, tc.left)
			}
			s.tells(tc.event)
			s.wantCalls(tc.calls)
		})
	}
}

// unmark removes the owner mark as an application that replaces metadata does.
func (s *stage) unmark() {
	s.t.Helper()
	if _, err := s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{} }); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) editInstance(change func(*v1alpha1.ClerkInstance)) {
	s.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := s.cluster.Get(s.t.Context(), instanceName(newTestInstance()), instance); err != nil {
		s.t.Fatal(err)
	}
	change(instance)
	if err := s.cluster.Update(s.t.Context(), instance); err != nil {
		s.t.Fatal(err)
	}
}

func TestUserThatMayNotBeDeletedIsLetGoWithoutClerk(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
	s.delete("ann")
	s.vanishes("ann")
	s.tells(v1alpha1.EventReleased)
	if len(s.clerk.Users()) != 1 {
		t.Error("a user that may not be deleted is gone")
	}
}

func TestDeletionThatIsBlockedNamesTheWayOut(t *testing.T) {
	t.Parallel()
	refuse := func(status int, code string) func(s *stage) {
		return func(s *stage) {
			s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: status, Code: code, Times: -1})
		}
	}
	tests := map[string]func(s *stage){
		"ByADirectory": refuse(409, "user_managed_by_scim"),
		"ByThePlan":    refuse(402, "unsupported_subscription_plan_features"),
		"ByTheKey":     refuse(401, "authentication_invalid"),
		"ByNoInstance": func(s *stage) { _ = s.cluster.Delete(s.t.Context(), newTestInstance()) },
		"ByBadInstance": func(s *stage) {
			s.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
		},
		"ByAnotherPlace": func(s *stage) { s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Instance.ID = "ins_other" }) },
	}
	for name, block := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			s.becomes("ann", v1alpha1.ReasonInSync)
			block(s)
			s.delete("ann")
			if result := s.becomes("ann", v1alpha1.ReasonDeletionBlocked); result.RequeueAfter != firstDelay {
				t.Errorf("it is tried again in %s, want %s", result.RequeueAfter, firstDelay)
			}
			if text := readyCondition(s.user("ann")).Message; !strings.Contains(text, "spec.deletionPolicy to Retain") {
				t.Errorf("the message names no way out: %s", text)
			}
			s.clerk.ResetJournal()
			s.becomes("ann", v1alpha1.ReasonDeletionBlocked)
			s.wantCalls(0)

			s.server.ClearFaults()
			s.clock.advance(time.Second)
			s.edit("ann", deletes(v1alpha1.DeletionRetain))
			if name == "ByTheKey" {
				s.clock.advance(time.Minute)
			}
			s.vanishes("ann")
			if len(s.clerk.Users()) != 1 {
				t.Error("the user that was to be left is gone")
			}
		})
	}
}

func TestDeletionDoesNotTrustAListThatLags(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Cut: true})
	s.becomes("ann", v1alpha1.ReasonWaiting)
	s.restart()
	s.clerk.Configure(func(set *emulator.Settings) { set.ListLag = time.Hour })
	s.delete("ann")
	if result := s.pass("ann"); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("it is looked again in %s, want at most %s", result.RequeueAfter, clerk.LagTime/6)
	}
	s.clerk.Configure(func(set *emulator.Settings) { set.ListLag = 0 })
	s.clock.advance(clerk.LagTime / 6)
	s.vanishes("ann")
	if len(s.clerk.Users()) != 0 {
		t.Error("the user of the lost answer was left behind")
	}
}

func TestNothingIsLookedForThatWasNeverCreated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} }))
	s.delete("ann")
	s.vanishes("ann")
	s.wantCalls(0)

	s.create(newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{"somebody/else"} }))
	s.delete("bob")
	s.pass("bob")
	if u := s.user("bob"); len(u.Finalizers) != 1 {
		t.Errorf("the finalizer of somebody else became %v", u.Finalizers)
	}
	s.wantCalls(0)
}

func TestDeletionIsThatOfTheLiveObject(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	stale := s.user("ann")
	stale.DeletionTimestamp = ptr.To(metav1.NewTime(start))
	stale.ResourceVersion = fmt.Sprint("9", stale.ResourceVersion)
	if result, err := s.Reconcile(t.Context(), stale); err != nil || result.RequeueAfter != reconcile.ConflictPause {
		t.Errorf("a copy that says deleted where the object is not: %+v, %v", result, err)
	}
	stale.UID = "earlier"
	if _, err := s.Reconcile(t.Context(), stale.DeepCopy()); err != nil {
		t.Error(err)
	}
	if len(s.clerk.Users()) != 1 {
		t.Error("the user of a living object was deleted")
	}
}

func TestBrakeHoldsWhatIsTooMany(t *testing.T) {
	t.Parallel()
	s := newStage(t, braked(2))
	s.quiet()
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		s.create(newTestUser(name))
		s.becomes(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		s.delete(name)
	}
	s.vanishes("a")
	s.vanishes("b")
	if result := s.becomes("c", v1alpha1.ReasonDeletionHeld); result.RequeueAfter != 10*time.Minute {
		t.Errorf("it is looked again in %s", result.RequeueAfter)
	}
	s.becomes("d", v1alpha1.ReasonDeletionHeld)
	if n := len(s.clerk.Users()); n != 2 {
		t.Fatalf("%d users are left, want 2", n)
	}
	s.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 2 {
			t.Errorf("counted were %+v, want 2", i.Status.Deletions)
		}
		asked := s.user("c").DeletionTimestamp
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: asked.Add(time.Second).UTC().Format(time.RFC3339)}
	})
	s.vanishes("c")
	s.editInstance(func(i *v1alpha1.ClerkInstance) { i.Annotations = nil })
	s.becomes("d", v1alpha1.ReasonDeletionHeld)
	s.clock.advance(10 * time.Minute)
	s.vanishes("d")
}

// Two that count at once must not both count as the last one allowed; and one whose deletion fails must not count twice.
func TestBrakeCountsEachOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, braked(5))
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.delete("ann")
	fail := true
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if instance, ok := o.(*v1alpha1.ClerkInstance); ok && fail {
				fail = false
				newer := &v1alpha1.ClerkInstance{}
				if err := c.Get(ctx, instanceName(instance), newer); err != nil {
					return err
				}
				newer.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 3}
				if err := c.Status().Update(ctx, newer); err != nil {
					return err
				}
			}
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
	if result := s.pass("ann"); result.RequeueAfter != reconcile.ConflictPause || len(s.clerk.Users()) != 1 {
		t.Errorf("after a conflict it is tried again in %s, and %d users are left", result.RequeueAfter, len(s.clerk.Users()))
	}
	s.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: 503, Times: 2})
	s.pass("ann")
	s.pass("ann")
	s.vanishes("ann")
	s.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 4 {
			t.Errorf("counted were %+v, want 4", i.Status.Deletions)
		}
	})
}

func TestUserIsHandedOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.create(newTestUser("later", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Hour))
	}))
	s.create(newTestUser("heir", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Minute))
	}))
	s.becomes("heir", v1alpha1.ReasonConflict)
	s.delete("ann")
	s.vanishes("ann")
	s.tells(v1alpha1.EventTransferred)
	s.objects.tell("heir-uid", func(m *messages) { m.unblocked = true })
	s.becomes("heir", v1alpha1.ReasonInSync)
	if got := s.user("heir").Status; got.UserID != s.atClerk().ID || got.Origin != v1alpha1.OriginCreated {
		t.Errorf("the heir has %q, %s", got.UserID, got.Origin)
	}
	s.becomes("later", v1alpha1.ReasonConflict)
}

func TestUserThatVanishedIsMissingOrCreatedAnew(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		user  func(*v1alpha1.ClerkUser)
		want  string
		users int
	}{
		"PersonMayHaveLeft":    {func(*v1alpha1.ClerkUser) {}, v1alpha1.ReasonMissing, 0},
		"PersonCannotLeave":    {func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }, v1alpha1.ReasonInSync, 1},
		"PersonMayLeave":       {func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(true) }, v1alpha1.ReasonMissing, 0},
		"OnlyObservedIsAbsent": {func(*v1alpha1.ClerkUser) {}, v1alpha1.ReasonObserved, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann", tc.user))
			s.becomes("ann", v1alpha1.ReasonInSync)
			if tc.want == v1alpha1.ReasonObserved {
				s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) })
			}
			if err := s.clerk.Delete(s.user("ann").Status.UserID); err != nil {
				t.Fatal(err)
			}
			if woken := s.compares(); len(woken) != 1 || woken[0] != "ann-uid" {
				t.Errorf("the comparison that misses the user wakes %v", woken)
			}
			s.becomes("ann", tc.want)
			if n := len(s.clerk.Users()); n != tc.users {
				t.Errorf("%d users are at Clerk, want %d", n, tc.users)
			}
			if tc.users == 1 {
				s.tells(v1alpha1.EventRecreated)
			}
		})
	}
}

// Reads may lag: a user that was bound just now is not believed to be gone.
func TestUserThatWasBoundJustNowIsNotMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	if err := s.clerk.Delete(s.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	s.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
	})
	if result := s.becomes("ann", v1alpha1.ReasonInSync); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("right after its creation it is looked for again in %s", result.RequeueAfter)
	}
	s.clock.advance(clerk.LagTime)
	s.becomes("ann", v1alpha1.ReasonMissing)
}

func TestUserThatIsNamedAndNotThere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To("user_2Nobody") }))
	s.becomesMissing("ann")
	if c := creation.Of(s.user("ann")); c != nil {
		t.Errorf("an object that names its user is about to create one: %+v", c)
	}
	seeded := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = &seeded.ID })
	s.becomes("ann", v1alpha1.ReasonInSync)
	if s.user("ann").Status.Origin != v1alpha1.OriginAdopted || s.atClerk().PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Errorf("the user that was named is not adopted: %+v", s.user("ann").Status)
	}
}

// An order to adopt that was taken back while the cache did not know must not be carried out.
func TestOrderToAdoptIsReadLive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.ClerkUser){
		"TakenBack": func(u *v1alpha1.ClerkUser) { u.Spec.UserID = nil },
		"Deleted":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			seeded := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
			s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.UserID, u.Finalizers = &seeded.ID, []string{v1alpha1.Finalizer}
			}))
			cached := s.user("ann")
			if change != nil {
				s.edit("ann", change)
			} else {
				s.delete("ann")
			}
			result, err := s.Reconcile(t.Context(), cached)
			if err != nil || result.RequeueAfter != reconcile.ConflictPause {
				t.Errorf("a pass from an old copy: %+v, %v", result, err)
			}
			if s.atClerk().PrivateMetadata[v1alpha1.OwnerKey] != nil {
				t.Error("the user was adopted")
			}
		})
	}
}
