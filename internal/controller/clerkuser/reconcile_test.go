// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
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

// createVanished creates an object whose user vanished and is to be created again.
func (f *fixture) createVanished(name string, change func(*v1alpha1.ClerkUser)) {
	f.t.Helper()
	f.create(newTestUser(name, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
	f.expectReason(name, v1alpha1.ReasonInSync)
	f.edit(name, change)
	f.expectReason(name, v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
		f.t.Fatal(err)
	}
	f.fullSync()
	f.clerk.ResetJournal()
}

// The record of the creating call for a vanished user does not describe the call for the next one, even if that waits for its
// token.
func TestRecreationWaitsForItsToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.createVanished("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	f.limitRate(10)
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	for state.Connection.Client.Reserve() == nil {
		if _, err := state.Connection.Client.UsersBy(t.Context(), clerk.KindUsername, "nobody"); err != nil {
			t.Fatal(err)
		}
	}
	f.clerk.ResetJournal()
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Journal()) == 1 })
	if c := creation.Of(f.user("ann")); f.user("ann").Status.UserID != "" || c == nil || c.Value != "new@example.com" {
		t.Errorf("after the user was missed, on record is a call for %+v", c)
	}
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Users()) == 1 })
	f.expectCalls(2)
}

// While initial values are missing, the user is not created again. Once they exist, it is.
func TestRecreationWaitsForInitialValues(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "initial"}, Data: map[string][]byte{"password": []byte("Sesame-0815-open")},
	}
	if err := f.cluster.Create(t.Context(), secret.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.DeleteSelfEnabled = ptr.To(false)
		u.Spec.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{
			SecretKeyRef: v1alpha1.SecretKeySelector{Name: "initial", Key: "password"},
		}}
	}))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	if err := f.cluster.Delete(t.Context(), secret.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	if status := f.user("ann").Status; status.UserID != "" || len(f.clerk.Users()) != 0 {
		t.Errorf("without the Secret, %d users are at Clerk, and the object has %q", len(f.clerk.Users()), status.UserID)
	}
	if err := f.cluster.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(1)
	if !f.onlyUser().PasswordEnabled {
		t.Error("the user was created without the password")
	}
}
