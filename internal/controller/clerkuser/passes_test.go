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

func TestQuietReconcileMakesNoCallsOrWrites(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectEvent(v1alpha1.EventCreated)
	f.expectCalls(1)
	before := f.user("ann").ResourceVersion
	f.clerk.ResetJournal()
	for range 3 {
		f.expectReason("ann", v1alpha1.ReasonInSync)
	}
	f.expectCalls(0)
	if enqueued := f.fullSync(); len(enqueued) != 0 {
		t.Errorf("a full sync without changes enqueues %v", enqueued)
	}
	f.clerk.ResetJournal()
	if result := f.expectReason("ann", v1alpha1.ReasonInSync); result.RequeueAfter != 0 {
		t.Errorf("a quiet object is requeued after %s", result.RequeueAfter)
	}
	f.expectCalls(0)
	if after := f.user("ann").ResourceVersion; after != before || len(recordedEvents(f.Reconciler)) != 0 {
		t.Errorf("quiet reconciliations wrote version %s over %s", after, before)
	}
}

func TestOutdatedCopyIsSkipped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	old := f.user("ann")
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clerk.ResetJournal()
	result, err := f.Reconcile(t.Context(), old)
	if err != nil || !result.IsZero() {
		t.Errorf("reconciling an outdated copy: %+v, %v", result, err)
	}
	f.expectCalls(0)
}

func TestLoopIsSlowedDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	for range reconcile.RatesBurst {
		f.reconcile("ann")
	}
	f.clerk.ResetJournal()
	f.clock.advance(reconcile.RatesInterval - time.Second)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
	if result := f.reconcile("ann"); result.RequeueAfter != time.Second {
		t.Errorf("the reconciliation is postponed by %s, want %s", result.RequeueAfter, time.Second)
	}
	f.expectCalls(0)
}

func TestResultIsWrittenAfterATimeout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Hang: true, Times: -1})
	ctx, cancel := context.WithTimeout(t.Context(), reconcile.ReportingTime+200*time.Millisecond)
	defer cancel()
	if _, err := f.Reconcile(ctx, f.user("ann")); err == nil {
		t.Error("a reconciliation without an answer is not retried")
	}
	if ready := readyCondition(f.user("ann")); ready == nil || ready.Reason != v1alpha1.ReasonWaiting {
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
			f := newFixture(t)
			elsewhere := newTestInstance()
			elsewhere.Namespace, elsewhere.Name = "platform", "prod"
			elsewhere.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromSelector), Selector: tc.selector}
			if err := f.cluster.Create(t.Context(), elsewhere); err != nil {
				t.Fatal(err)
			}
			state, _ := f.Pool.State(instanceName(newTestInstance()))
			f.connect(state.Connection.Client, instanceName(elsewhere))
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "prod", Namespace: ptr.To("platform")}
			}))
			f.expectReason("ann", tc.want)
		})
	}
}

func TestMissingConnections(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(f *fixture)
		want   string
		silent bool
	}{
		"NoInstance":      {func(f *fixture) { _ = f.cluster.Delete(t.Context(), newTestInstance()) }, v1alpha1.ReasonInstanceNotFound, false},
		"InstanceNotSeen": {func(f *fixture) { f.Pool.Drop(instanceName(newTestInstance())) }, v1alpha1.ReasonWaiting, true},
		"InstanceNotUsable": {func(f *fixture) {
			f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
		}, v1alpha1.ReasonInstanceNotReady, false},
		"ClusterFails": {func(f *fixture) {
			f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return errors.New("no")
			}})
		}, v1alpha1.ReasonWaiting, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			tc.change(f)
			if tc.silent {
				result := f.reconcile("ann")
				if ready := readyCondition(f.user("ann")); ready != nil || result.RequeueAfter != reconcile.Impatience {
					t.Errorf("a short wait is reported at once: %+v, and requeued after %s", ready, result.RequeueAfter)
				}
				f.clock.advance(result.RequeueAfter)
			}
			f.expectReason("ann", tc.want)
			f.expectCalls(0)
			if u := f.user("ann"); len(u.Finalizers) != 0 || len(u.Annotations) != 0 {
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
		then  func(f *fixture)
		event string
	}{
		"CarriedOut":               {lost, func(*fixture) {}, v1alpha1.EventResumed},
		"NotCarriedOut":            {emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true}, func(*fixture) {}, v1alpha1.EventCreated},
		"CarriedOutBeforeARestart": {lost, (*fixture).restart, v1alpha1.EventResumed},
		"MalformedAnswer":          {emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Body: "{]"}, func(*fixture) {}, v1alpha1.EventResumed},
		"IdentifierEditedAfterwards": {lost, func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
		}, v1alpha1.EventResumed},
		"IdentifierEditedBeforeARestart": {lost, func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
			f.restart()
		}, v1alpha1.EventResumed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.server.InjectFault(tc.fault)
			f.expectReason("ann", v1alpha1.ReasonWaiting)
			tc.then(f)
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectEvent(tc.event)
			if user := f.onlyUser(); user.ID != f.user("ann").Status.UserID {
				t.Errorf("bound to %q, at Clerk is %q", f.user("ann").Status.UserID, user.ID)
			}
		})
	}
}

// A list may not show a new user for a minute. Only then does a former creating call count as failed.
func TestFormerCallCountsAsFailedAfterLag(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
	f.expectReason("ann", v1alpha1.ReasonWaiting)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	for at := time.Duration(0); at < clerk.LagTime; {
		result := f.reconcile("ann")
		if result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
			t.Fatalf("after %s it is requeued after %s", at, result.RequeueAfter)
		}
		if len(f.clerk.Users()) != 0 {
			t.Fatalf("after %s another user was created", at)
		}
		at += result.RequeueAfter
		f.clock.advance(result.RequeueAfter)
	}
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if c := creation.Of(f.user("ann")); f.onlyUser().EmailAddresses[0].EmailAddress != "new@example.com" || c.Value != "new@example.com" {
		t.Errorf("created was %+v under the annotation %+v", f.onlyUser().EmailAddresses, c)
	}
}

func TestIdentifierThatIsTaken(t *testing.T) {
	t.Parallel()
	seed := func(f *fixture, change ...func(*emulator.User)) {
		user := emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}}
		for _, f := range change {
			f(&user)
		}
		f.clerk.Seed(user)
	}
	adopts := func(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged) }
	twoAddresses := func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "two@example.com"})
	}
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		clerk func(f *fixture)
		want  string
	}{
		"ByAStranger":            {nil, func(f *fixture) { seed(f) }, v1alpha1.ReasonAlreadyExists},
		"ByAStrangerToBeAdopted": {[]func(*v1alpha1.ClerkUser){adopts}, func(f *fixture) { seed(f) }, v1alpha1.ReasonInSync},
		"ByTwoStrangers": {[]func(*v1alpha1.ClerkUser){adopts, twoAddresses}, func(f *fixture) {
			seed(f)
			seed(f, func(u *emulator.User) { u.EmailAddresses[0] = emulator.VerifiedEmail("two@example.com") })
		}, v1alpha1.ReasonAmbiguous},
		"ByTwoInDifferentWays": {[]func(*v1alpha1.ClerkUser){adopts, func(u *v1alpha1.ClerkUser) { u.Spec.Username = ptr.To("ann_lee") }}, func(f *fixture) {
			seed(f)
			seed(f, func(u *emulator.User) { u.EmailAddresses, u.Username = nil, ptr.To("ann_lee") })
		}, v1alpha1.ReasonAmbiguous},
		"ByNobodyWhomAListShows": {nil, func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists", Param: "email_address"})
		}, v1alpha1.ReasonWaiting},
		"ByNobodyOfAKindThatClerkDoesNotName": {nil, func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonWaiting},
		"ByAStrangerOfAKindThatClerkDoesNotName": {nil, func(f *fixture) {
			seed(f)
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists"})
		}, v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			tc.clerk(f)
			f.create(newTestUser("ann", tc.user...))
			result := f.expectReason("ann", tc.want)
			if tc.want == v1alpha1.ReasonWaiting && result.RequeueAfter != takenRetry {
				t.Errorf("it is requeued after %s, want %s", result.RequeueAfter, takenRetry)
			}
			if tc.want != v1alpha1.ReasonInSync && f.user("ann").Status.UserID != "" {
				t.Errorf("bound to %s", f.user("ann").Status.UserID)
			}
		})
	}
}

func TestYoungerOfTwoObjectsWritesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	status := f.user("ann").Status
	f.create(newTestUser("copy", func(u *v1alpha1.ClerkUser) {
		u.CreationTimestamp = metav1.NewTime(start.Add(time.Hour))
		u.Spec.Banned = ptr.To(true)
		u.Status = status
	}))
	f.clerk.ResetJournal()
	f.expectReason("copy", v1alpha1.ReasonConflict)
	f.expectCalls(0)
	f.delete("ann")
	f.expectGone("ann")
	if len(f.clerk.Users()) != 0 {
		t.Error("the older one could not be deleted")
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	gone := func(f *fixture) { _ = f.cluster.Delete(f.t.Context(), newTestInstance()) }
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		then  func(f *fixture)
		left  bool
		event string
		calls int
	}{
		"Deleted":   {nil, func(*fixture) {}, false, v1alpha1.EventDeleted, 2},
		"Banned":    {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionBan)}, func(*fixture) {}, true, v1alpha1.EventBanned, 3},
		"Retained":  {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionRetain)}, func(*fixture) {}, true, v1alpha1.EventReleased, 2},
		"Suspended": {nil, func(f *fixture) { f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }) }, true, v1alpha1.EventReleased, 0},
		"GoneAtClerkBefore": {nil, func(f *fixture) {
			f.clock.advance(clerk.LagTime)
			_ = f.clerk.Delete(f.onlyUser().ID)
		}, false, v1alpha1.EventReleased, 2},
		"GoneWhileDeleting": {nil, func(f *fixture) {
			f.clock.advance(clerk.LagTime)
			f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, AfterApplying: true, Status: 404, Code: "resource_not_found"})
		}, false, v1alpha1.EventReleased, 3},
		"MarkRemovedButSigned": {nil, func(f *fixture) { f.removeMark() }, false, v1alpha1.EventDeleted, 2},
		"MarkRemovedUnsigned": {nil, func(f *fixture) {
			f.removeMark()
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Binding = "" })
		}, true, v1alpha1.EventReleased, 1},
		"MarkedByAnother": {nil, func(f *fixture) {
			other := markOf(newTestUser("other"), v1alpha1.OriginCreated)
			_, _ = f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{v1alpha1.OwnerKey: other.String()} })
		}, true, v1alpha1.EventReleased, 1},
		"DenyIsRetain": {nil, func(f *fixture) {
			f.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		}, true, v1alpha1.EventReleased, 2},
		"InstanceGoneAndRetained": {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionRetain)}, gone, true, v1alpha1.EventReleased, 0},
		"AccessRevoked": {nil, func(f *fixture) {
			gone(f)
			elsewhere := newTestInstance()
			elsewhere.Namespace = "platform"
			_ = f.cluster.Create(f.t.Context(), elsewhere)
			f.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To("platform")}
			})
		}, true, v1alpha1.EventReleased, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann", tc.user...))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			recordedEvents(f.Reconciler)
			tc.then(f)
			f.delete("ann")
			f.clerk.ResetJournal()
			f.expectGone("ann")
			if left := len(f.clerk.Users()) == 1; left != tc.left {
				t.Errorf("the user is at Clerk: %t, want %t", left, tc.left)
			}
			f.expectEvent(tc.event)
			f.expectCalls(tc.calls)
		})
	}
}

// removeMark removes the owner mark as an application that replaces metadata does.
func (f *fixture) removeMark() {
	f.t.Helper()
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{} }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) editInstance(change func(*v1alpha1.ClerkInstance)) {
	f.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := f.cluster.Get(f.t.Context(), instanceName(newTestInstance()), instance); err != nil {
		f.t.Fatal(err)
	}
	change(instance)
	if err := f.cluster.Update(f.t.Context(), instance); err != nil {
		f.t.Fatal(err)
	}
}

func TestUndeletableUserIsReleasedWithoutClerk(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventReleased)
	if len(f.clerk.Users()) != 1 {
		t.Error("a user that may not be deleted is gone")
	}
}

func TestBlockedDeletionNamesTheRemedy(t *testing.T) {
	t.Parallel()
	refuse := func(status int, code string) func(f *fixture) {
		return func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: status, Code: code, Times: -1})
		}
	}
	tests := map[string]func(f *fixture){
		"ByADirectory": refuse(409, "user_managed_by_scim"),
		"ByThePlan":    refuse(402, "unsupported_subscription_plan_features"),
		"ByTheKey":     refuse(401, "authentication_invalid"),
		"ByNoInstance": func(f *fixture) { _ = f.cluster.Delete(f.t.Context(), newTestInstance()) },
		"ByBadInstance": func(f *fixture) {
			f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
		},
		"ByAnotherPlace": func(f *fixture) { f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Instance.ID = "ins_other" }) },
	}
	for name, block := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			block(f)
			f.delete("ann")
			if result := f.expectReason("ann", v1alpha1.ReasonDeletionBlocked); result.RequeueAfter != firstDelay {
				t.Errorf("it is tried again in %s, want %s", result.RequeueAfter, firstDelay)
			}
			if text := readyCondition(f.user("ann")).Message; !strings.Contains(text, "spec.deletionPolicy to Retain") {
				t.Errorf("the message names no remedy: %s", text)
			}
			f.clerk.ResetJournal()
			f.expectReason("ann", v1alpha1.ReasonDeletionBlocked)
			f.expectCalls(0)

			f.server.ClearFaults()
			f.clock.advance(time.Second)
			f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain))
			if name == "ByTheKey" {
				f.clock.advance(time.Minute)
			}
			f.expectGone("ann")
			if len(f.clerk.Users()) != 1 {
				t.Error("the user that was to be left is gone")
			}
		})
	}
}

func TestDeletionDoesNotTrustAListThatLags(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Cut: true})
	f.expectReason("ann", v1alpha1.ReasonWaiting)
	f.restart()
	f.clerk.Configure(func(set *emulator.Settings) { set.ListLag = time.Hour })
	f.delete("ann")
	if result := f.reconcile("ann"); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("it is requeued after %s, want at most %s", result.RequeueAfter, clerk.LagTime/6)
	}
	f.clerk.Configure(func(set *emulator.Settings) { set.ListLag = 0 })
	f.clock.advance(clerk.LagTime / 6)
	f.expectGone("ann")
	if len(f.clerk.Users()) != 0 {
		t.Error("the user of the lost answer was left behind")
	}
}

func TestNoLookUpWithoutACreateAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} }))
	f.delete("ann")
	f.expectGone("ann")
	f.expectCalls(0)

	f.create(newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{"somebody/else"} }))
	f.delete("bob")
	f.reconcile("bob")
	if u := f.user("bob"); len(u.Finalizers) != 1 {
		t.Errorf("the finalizer of somebody else became %v", u.Finalizers)
	}
	f.expectCalls(0)
}

func TestDeletionIsThatOfTheLiveObject(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	stale := f.user("ann")
	stale.DeletionTimestamp = ptr.To(metav1.NewTime(start))
	stale.ResourceVersion = fmt.Sprint("9", stale.ResourceVersion)
	if result, err := f.Reconcile(t.Context(), stale); err != nil || result.RequeueAfter != reconcile.ConflictPause {
		t.Errorf("a copy that says deleted where the object is not: %+v, %v", result, err)
	}
	stale.UID = "earlier"
	if _, err := f.Reconcile(t.Context(), stale.DeepCopy()); err != nil {
		t.Error(err)
	}
	if len(f.clerk.Users()) != 1 {
		t.Error("the user of a living object was deleted")
	}
}

func TestBrakePausesDeletions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(2))
	f.discardEvents()
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		f.create(newTestUser(name))
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		f.delete(name)
	}
	f.expectGone("a")
	f.expectGone("b")
	if result := f.expectReason("c", v1alpha1.ReasonDeletionHeld); result.RequeueAfter != 10*time.Minute {
		t.Errorf("it is requeued after %s", result.RequeueAfter)
	}
	f.expectReason("d", v1alpha1.ReasonDeletionHeld)
	if n := len(f.clerk.Users()); n != 2 {
		t.Fatalf("%d users are left, want 2", n)
	}
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 2 {
			t.Errorf("counted were %+v, want 2", i.Status.Deletions)
		}
		asked := f.user("c").DeletionTimestamp
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: asked.Add(time.Second).UTC().Format(time.RFC3339)}
	})
	f.expectGone("c")
	f.editInstance(func(i *v1alpha1.ClerkInstance) { i.Annotations = nil })
	f.expectReason("d", v1alpha1.ReasonDeletionHeld)
	f.clock.advance(10 * time.Minute)
	f.expectGone("d")
}

// Two concurrent counts must not both use the last allowed place. A deletion that fails must not count twice.
func TestBrakeCountsEachOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(5))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	fail := true
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
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
	if result := f.reconcile("ann"); result.RequeueAfter != reconcile.ConflictPause || len(f.clerk.Users()) != 1 {
		t.Errorf("after a conflict it is tried again in %s, and %d users are left", result.RequeueAfter, len(f.clerk.Users()))
	}
	f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: 503, Times: 2})
	f.reconcile("ann")
	f.reconcile("ann")
	f.expectGone("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 4 {
			t.Errorf("counted were %+v, want 4", i.Status.Deletions)
		}
	})
}

func TestUserIsTransferred(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.create(newTestUser("later", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Hour))
	}))
	f.create(newTestUser("successor", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Minute))
	}))
	f.expectReason("successor", v1alpha1.ReasonConflict)
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventTransferred)
	f.objects.notify("successor-uid", func(m *notifications) { m.unblocked = true })
	f.expectReason("successor", v1alpha1.ReasonInSync)
	if got := f.user("successor").Status; got.UserID != f.onlyUser().ID || got.Origin != v1alpha1.OriginCreated {
		t.Errorf("the successor has %q, %s", got.UserID, got.Origin)
	}
	f.expectReason("later", v1alpha1.ReasonConflict)
}

func TestVanishedUserIsMissingOrRecreated(t *testing.T) {
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
			f := newFixture(t)
			f.create(newTestUser("ann", tc.user))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			if tc.want == v1alpha1.ReasonObserved {
				f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) })
			}
			if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
				t.Fatal(err)
			}
			if enqueued := f.fullSync(); len(enqueued) != 1 || enqueued[0] != "ann-uid" {
				t.Errorf("the full sync that misses the user enqueues %v", enqueued)
			}
			f.expectReason("ann", tc.want)
			if n := len(f.clerk.Users()); n != tc.users {
				t.Errorf("%d users are at Clerk, want %d", n, tc.users)
			}
			if tc.users == 1 {
				f.expectEvent(v1alpha1.EventRecreated)
			}
		})
	}
}

// Reads may lag: a user that was just bound does not count as gone.
func TestUserThatWasBoundJustNowIsNotMissing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
	})
	if result := f.expectReason("ann", v1alpha1.ReasonInSync); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("right after the creation the look-up is repeated after %s", result.RequeueAfter)
	}
	f.clock.advance(clerk.LagTime)
	f.expectReason("ann", v1alpha1.ReasonMissing)
}

func TestUserThatIsNamedAndNotThere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To("user_2Nobody") }))
	f.expectMissing("ann")
	if c := creation.Of(f.user("ann")); c != nil {
		t.Errorf("an object that names its user is about to create one: %+v", c)
	}
	seeded := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = &seeded.ID })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if f.user("ann").Status.Origin != v1alpha1.OriginAdopted || f.onlyUser().PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Errorf("the user that was named is not adopted: %+v", f.user("ann").Status)
	}
}

// A request to adopt that was withdrawn, unknown to the cache, must not be carried out.
func TestAdoptionRequestIsReadLive(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*v1alpha1.ClerkUser){
		"TakenBack": func(u *v1alpha1.ClerkUser) { u.Spec.UserID = nil },
		"Deleted":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			seeded := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.UserID, u.Finalizers = &seeded.ID, []string{v1alpha1.Finalizer}
			}))
			cached := f.user("ann")
			if change != nil {
				f.edit("ann", change)
			} else {
				f.delete("ann")
			}
			result, err := f.Reconcile(t.Context(), cached)
			if err != nil || result.RequeueAfter != reconcile.ConflictPause {
				t.Errorf("reconciling an outdated copy: %+v, %v", result, err)
			}
			if f.onlyUser().PrivateMetadata[v1alpha1.OwnerKey] != nil {
				t.Error("the user was adopted")
			}
		})
	}
}
