// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

func TestTwoReconciliationsOfOneCopyMakeOneCall(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.keepCode("backup-4711")
	s.runAction(verifiesCode)
	copies := []*v1alpha1.ClerkUserAction{s.stored(), s.stored()}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	for _, stale := range copies {
		result, err := s.another().Reconcile(t.Context(), stale)
		if err != nil || result.RequeueAfter != reconcile.ConflictPause {
			t.Errorf("the other reconciliation: %+v, %v", result, err)
		}
	}
	s.wantCalls(1, "POST", "/users/*/verify_totp")
	if r := s.stored().Status.Result; r == nil || !*r.Verified {
		t.Errorf("the result is %+v", r)
	}
}

// TestCopyFromBetweenStartAndEndIsNotActedUpon gives another process a cache that has seen the start and not the end yet.
func TestCopyFromBetweenStartAndEndIsNotActedUpon(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.keepCode("backup-4711")
	s.runAction(verifiesCode)
	var between *v1alpha1.ClerkUserAction
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			err := c.SubResource(sub).Update(ctx, o, opts...)
			between = o.DeepCopyObject().(*v1alpha1.ClerkUserAction)
			return err
		},
	})
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if between.Status.StartedAt == nil {
		t.Fatal("the start was not written before the end")
	}
	result, err := s.another().Reconcile(t.Context(), between.DeepCopy())
	if err != nil || result.RequeueAfter != reconcile.ConflictPause {
		t.Errorf("another process: %+v, %v", result, err)
	}
	if result, err := s.Reconcile(t.Context(), between.DeepCopy()); err != nil || result.RequeueAfter != 0 {
		t.Errorf("the same process: %+v, %v", result, err)
	}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	s.wantCalls(1, "POST", "/users/*/verify_totp")
}

// TestEndThatCannotBeWrittenIsKept has the API server refuse the one write that must not be lost.
func TestEndThatCannotBeWrittenIsKept(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.keepCode("backup-4711")
	s.runAction(verifiesCode)
	refusals := 2
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourcePatch: func(
			ctx context.Context, c client.Client, sub string, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption,
		) error {
			if refusals--; refusals >= 0 {
				return apierrors.NewInternalError(errors.New("etcd is away"))
			}
			return c.SubResource(sub).Patch(ctx, o, patch, opts...)
		},
	})
	for range 2 {
		s.reconcile()
		if ending(&s.stored().Status) != nil || len(s.told()) > 0 {
			t.Fatal("an end was told that is not on record")
		}
	}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	s.wantTold("ActionComplete carried out verifyTOTP", "ClerkUserAction action")
	if r := s.stored().Status.Result; r == nil || !*r.Verified || r.CodeType != "backup_code" {
		t.Errorf("the result is %+v", r)
	}
	s.reconcile()
	if told := s.told(); len(told) > 0 {
		t.Errorf("told twice: %v", told)
	}
	s.wantCalls(1, "POST", "/users/*/verify_totp")
}

// TestEndIsWrittenWhateverElseChanged labels the object while the call is under way.
func TestEndIsWrittenWhateverElseChanged(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if err := c.SubResource(sub).Update(ctx, o, opts...); err != nil {
				return err
			}
			labelled := s.stored()
			labelled.Labels = map[string]string{"team": "help-desk"}
			return s.cluster.Update(ctx, labelled)
		},
	})
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if s.stored().Labels["team"] != "help-desk" {
		t.Error("the label is gone")
	}
}

func TestWithoutAStartOnRecordThereIsNoCall(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourceUpdate: func(context.Context, client.Client, string, client.Object, ...client.SubResourceUpdateOption) error {
			return apierrors.NewInternalError(errors.New("etcd is away"))
		},
	})
	s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting)
	s.wantCalls(0, "DELETE", "/users/*/mfa")
	if s.stored().Status.StartedAt != nil {
		t.Error("a start is on record")
	}
}

// TestObjectBeingDeletedIsLeftAlone does not begin what nobody waits for.
func TestObjectBeingDeletedIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	a := s.stored()
	a.DeletionTimestamp = ptr.To(metav1.NewTime(start))
	if _, err := s.Reconcile(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	s.wantCalls(0, "", "**")
}

// TestMarkThatIsNotThereYetIsWaitedFor has a ClerkUser whose binding is recorded, while its conditions still say what was true
// before: the mark comes next.
func TestMarkThatIsNotThereYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	marks := map[string]any{
		"None":          nil,
		"APredecessors": "v1 cluster-1 team-a/ann former-uid created",
		"Anothers":      "v1 elsewhere team-z/zoe 0815 created",
	}
	for name, mark := range marks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			restore := func(value any) {
				if _, err := s.clerk.Edit(s.user.Status.UserID, func(u *emulator.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = value }); err != nil {
					t.Fatal(err)
				}
			}
			own := s.clerk.User(s.user.Status.UserID).PrivateMetadata[v1alpha1.OwnerKey]
			restore(mark)
			s.reportReady(metav1.ConditionFalse, v1alpha1.ReasonAlreadyExists)
			s.runAction(disablesMFA)
			if result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotBound); result.RequeueAfter != reconcile.RecheckInterval {
				t.Errorf("the next look is in %v", result.RequeueAfter)
			}
			for _, age := range []time.Duration{10 * time.Minute, 24 * time.Hour} {
				s.at = start.Add(age)
				if result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotBound); result.RequeueAfter != min(age, time.Hour) {
					t.Errorf("after %v, the next look is in %v", age, result.RequeueAfter)
				}
			}
			restore(own)
			s.at = s.at.Add(2 * liveEnough)
			s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
			s.wantCalls(1, "DELETE", "/users/*/mfa")
		})
	}
}

// TestUserIsReadOnceForReconciliationsThatWait keeps a reconciliation that waits for its token from spending each on another read.
func TestUserIsReadOnceForReconciliationsThatWait(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.at = s.at.Add(5 * time.Second)
	s.runAction(disablesMFA)
	s.clerk.InjectFault(emulator.Fault{Method: "DELETE", Status: 429, Header: map[string]string{"Retry-After": "2"}, Times: 3})
	for range 3 {
		s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting)
		s.at = s.at.Add(3 * time.Second)
	}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	s.wantCalls(1, "GET", "/users/*")
}

// TestOldCopyOfTheUserCountsForNothing has a copy that is from before the action was asked for.
func TestOldCopyOfTheUserCountsForNothing(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(disablesMFA)
	o := s.newOutcome(a)
	o.user = s.user
	to, err := resolveConnection{s.Client, s.APIReader, s.Pool}.run(t.Context(), a, s.user)
	if err != nil {
		t.Fatal(err)
	}
	observed := observe{s.APIReader, to.For(callerOf(a)).Reader, to.Mirror, s.ClusterID, s.now}
	for _, step := range []struct {
		after time.Duration
		reads int
	}{{0, 1}, {time.Second, 2}, {time.Second, 2}, {time.Minute, 3}, {time.Minute, 3}, {time.Minute + time.Second, 4}} {
		s.at = s.at.Add(step.after)
		o.now = s.at
		if _, err := observed.read(t.Context(), a, o); err != nil {
			t.Fatal(err)
		}
		s.wantCalls(step.reads, "GET", "/users/*")
	}
}

// Another write to the user is answered while the call of an action is under way. The answer to the action need not show it.
func TestAnswerThatOverlapsAnotherWriteIsNotKept(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	shared, _ := s.Pool.Mirror(s.clerk.ID())
	target, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	target.Path = ""
	proxy := httputil.NewSingleHostReverseProxy(target)
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			s.at = s.at.Add(time.Second)
			shared.WrotePart(s.user.Status.UserID)
		}
		proxy.ServeHTTP(w, r)
	}))
	defer listener.Close()
	s.url = listener.URL + "/v1"
	s.budget(10_000)
	s.runAction(func(spec *v1alpha1.ClerkUserActionSpec) { spec.RemovePassword = &v1alpha1.PasswordRemoval{} })
	for range 3 {
		s.reconcile()
	}
	if s.clerk.User(s.user.Status.UserID).PasswordEnabled {
		t.Error("the password is still there")
	}
	if view := shared.Look("ann-uid", s.user.Status.UserID); view.Presence != mirror.Doubtful {
		t.Errorf("the mirror shows %+v, want a doubt", view)
	}
}

func TestUserThatWasJustWrittenIsNotBelievedToBeGone(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	if err := s.clerk.Delete(s.user.Status.UserID); err != nil {
		t.Fatal(err)
	}
	user := s.user.DeepCopy()
	user.Status.LastWriteTime = ptr.To(metav1.NewTime(start.Add(-clerk.LagTime + reconcile.StaleRetry)))
	s.storeUser(user)
	s.runAction(disablesMFA)
	if result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting); result.RequeueAfter != reconcile.StaleRetry {
		t.Errorf("the next look is in %v", result.RequeueAfter)
	}
	s.at = s.at.Add(reconcile.StaleRetry)
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonMissing)
}

// storeUser replaces what the cluster has of ann.
func (s *fixture) storeUser(user *v1alpha1.ClerkUser) {
	s.t.Helper()
	stored := &v1alpha1.ClerkUser{}
	if err := s.cluster.Get(s.t.Context(), client.ObjectKeyFromObject(user), stored); err != nil {
		s.t.Fatal(err)
	}
	stored.Status = user.Status
	if err := s.cluster.Status().Update(s.t.Context(), stored); err != nil {
		s.t.Fatal(err)
	}
}

// TestCacheThatLagsBehindTheUserIsNotTrusted binds ann to another user, which the cache does not show yet.
func TestCacheThatLagsBehindTheUserIsNotTrusted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUser)
		reason string
	}{
		"AnotherUser":    {func(u *v1alpha1.ClerkUser) { u.Status.UserID = "user_2Another" }, ""},
		"AnotherObject":  {func(u *v1alpha1.ClerkUser) { u.UID = "another-uid" }, ""},
		"Gone":           {func(u *v1alpha1.ClerkUser) { u.Name = "gone" }, ""},
		"SuspendedSince": {func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }, v1alpha1.ReasonSuspended},
		"DeletedSince": {func(u *v1alpha1.ClerkUser) {
			u.DeletionTimestamp, u.Finalizers = ptr.To(metav1.NewTime(start)), []string{v1alpha1.Finalizer}
		}, v1alpha1.ReasonUserNotBound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			live := s.user.DeepCopy()
			tc.change(live)
			s.runAction(disablesMFA)
			s.APIReader = newCluster(t, live, s.instance.DeepCopy())
			result := s.reconcile()
			conditions := s.stored().Status.Conditions
			if tc.reason == "" && (result.RequeueAfter != reconcile.ConflictPause || conditions[0].Type != v1alpha1.ConditionReconciling) {
				t.Errorf("the next look is in %v, the conditions are %+v", result.RequeueAfter, conditions)
			}
			if tc.reason != "" && conditions[0].Reason != tc.reason {
				t.Errorf("the conditions are %+v, want %s", conditions, tc.reason)
			}
			s.wantCalls(0, "", "**")
		})
	}
}

// TestOldCopyDoesNotHideAnEnd reconciles a copy from before the action, which finds something to wait for.
func TestOldCopyDoesNotHideAnEnd(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	old := s.stored()
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if err := s.cluster.Delete(t.Context(), s.user.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	if result, err := s.another().Reconcile(t.Context(), old); err != nil || result.RequeueAfter != reconcile.ConflictPause {
		t.Errorf("the reconciliation of an old copy: %+v, %v", result, err)
	}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
}

// TestStartIsNotWrittenWithoutAToken uses up the budget between the reading of the user and the call.
func TestStartIsNotWrittenWithoutAToken(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	writes := 0
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			writes++
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	})
	s.budget(1)
	result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting)
	if writes != 0 || result.RequeueAfter <= 0 || result.Priority != nil {
		t.Errorf("%d starts were written, and the result is %+v", writes, result)
	}
	s.wantCalls(1, "GET", "/users/*")
	for range 3 {
		s.at = s.at.Add(result.RequeueAfter)
		result = s.reconcile()
	}
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if writes != 1 {
		t.Errorf("%d starts were written", writes)
	}
}

// TestRefusedKeyIsChecked has the controller of ClerkInstances look at the key.
func TestRefusedKeyIsChecked(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.clerk.InjectFault(emulator.Fault{Method: "DELETE", Status: 401, Code: "clerk_key_invalid"})
	if result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonInstanceNotReady); result.RequeueAfter != reconcile.RecheckInterval {
		t.Errorf("the next look is in %v", result.RequeueAfter)
	}
	if s.stored().Status.StartedAt != nil {
		t.Error("a call that was refused for its key counts as begun")
	}
	ctx, done := context.WithTimeout(t.Context(), 5*time.Second)
	defer done()
	s.Pool.KeyChecks().Receive(ctx, func(names []types.NamespacedName) {
		if len(names) == 1 && names[0].Name == "default" {
			done()
		}
	})
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("nobody is told to look at the key")
	}
}

// TestPolicyThatTheCacheDoesNotShowYetCounts has the instance's owner forbid the action a moment before.
func TestPolicyThatTheCacheDoesNotShowYetCounts(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if instance, ok := o.(*v1alpha1.ClerkInstance); ok {
				s.instance.DeepCopyInto(instance)
				return nil
			}
			return c.Get(ctx, key, o, opts...)
		},
	})
	forbids := s.instance.DeepCopy()
	forbids.Generation, forbids.Spec.Policy.Actions = 2, []v1alpha1.ActionType{v1alpha1.ActionDeleteTOTP}
	if err := s.cluster.Delete(t.Context(), s.instance.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Create(t.Context(), forbids); err != nil {
		t.Fatal(err)
	}
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonNotAllowed)
	s.wantCalls(0, "DELETE", "**")
}
