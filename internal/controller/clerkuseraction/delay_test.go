// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestPassThatFailedIsFollowedByAPause makes passes as fast as the writes of the one before would cause them.
func TestPassThatFailedIsFollowedByAPause(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.clerk.InjectFault(emulator.Fault{Method: "DELETE", Status: 409, Code: "resource_locked", Times: -1})
	began := s.at
	for s.at.Sub(began) < 10*time.Minute {
		s.reconcile()
		s.at = s.at.Add(100 * time.Millisecond)
	}
	// Pauses of 1, 2, 4, 8, 16 and 32 seconds, and then of a minute each.
	s.wantCalls(7+8, "DELETE", "/users/*/mfa")
	s.clerk.ClearFaults()
	if result := s.reconcile(); result.RequeueAfter <= 0 || result.RequeueAfter > reconcile.AfterPassingFailures().Longest {
		t.Errorf("the next look is in %v", result.RequeueAfter)
	}
	s.at = s.at.Add(reconcile.AfterPassingFailures().Longest)
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
}

// TestActionsOnMoreUsersThanTheBudgetHasAreCarriedOut lets each action wait for its ticket for longer than a copy of its user is good.
func TestActionsOnMoreUsersThanTheBudgetHasAreCarriedOut(t *testing.T) {
	t.Parallel()
	const actions = 12
	s := newFixture(t)
	s.budget(1)
	due := map[types.NamespacedName]time.Time{}
	for i := range actions {
		due[s.actionOn(fmt.Sprintf("user-%d", i))] = s.at
	}
	for began := s.at; len(due) > 0 && s.at.Sub(began) < time.Hour; s.at = s.at.Add(100 * time.Millisecond) {
		for key, at := range due {
			if at.After(s.at) {
				continue
			}
			a := &v1alpha1.ClerkUserAction{}
			if err := s.cluster.Get(t.Context(), key, a); err != nil {
				t.Fatal(err)
			}
			if finished(a) {
				delete(due, key)
				continue
			}
			result, err := s.Reconcile(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			due[key] = s.at.Add(result.RequeueAfter)
		}
	}
	if len(due) > 0 {
		t.Errorf("%d of %d actions are not carried out after an hour", len(due), actions)
	}
	s.wantCalls(actions, "DELETE", "/users/*/mfa")
	if reads := len(s.clerk.Journal().Matching("GET", "/users/*")); reads > actions+actions/4 {
		t.Errorf("the users were read %d times for %d actions", reads, actions)
	}
}

// actionOn stores a ClerkUser that is bound to a user of its own, and an action on it.
func (s *fixture) actionOn(name string) types.NamespacedName {
	s.t.Helper()
	meta := metav1.ObjectMeta{Namespace: testNamespace, Name: name, UID: types.UID(name), Generation: 1, CreationTimestamp: metav1.NewTime(start)}
	user := &v1alpha1.ClerkUser{ObjectMeta: meta}
	mark := clerkuser.MarkOf(testCluster, user, v1alpha1.OriginCreated).String()
	seeded := s.clerk.Seed(emulator.User{
		EmailAddresses:  []emulator.EmailAddress{emulator.VerifiedEmail(name + "@example.com")},
		PrivateMetadata: map[string]any{v1alpha1.OwnerKey: mark},
	})
	user.Status = *s.user.Status.DeepCopy()
	user.Status.UserID = seeded.ID
	a := &v1alpha1.ClerkUserAction{
		ObjectMeta: meta, Spec: v1alpha1.ClerkUserActionSpec{UserRef: v1alpha1.UserReference{Name: name}},
		Status: v1alpha1.ClerkUserActionStatus{ObservedGeneration: -1},
	}
	disablesMFA(&a.Spec)
	for _, o := range []client.Object{user, a} {
		if err := s.cluster.Create(s.t.Context(), o); err != nil {
			s.t.Fatal(err)
		}
	}
	return client.ObjectKeyFromObject(a)
}

// TestStartIsWhenTheCallBegins has Clerk take its time to show the user.
func TestStartIsWhenTheCallBegins(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(disablesMFA)
	s.APIReader = interceptor.NewClient(s.cluster, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, ok := o.(*v1alpha1.ClerkUser); ok {
				s.at = s.at.Add(9 * time.Second)
			}
			return c.Get(ctx, key, o, opts...)
		},
	})
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if began := s.stored().Status.StartedAt; !began.Time.Equal(start.Add(9 * time.Second)) {
		t.Errorf("the call began %v after the reconciliation, want 9s", began.Sub(start))
	}
}

// TestStartOfAClockThatIsAheadIsNotWaitedForTwice has the start on record be an hour ahead of this process's clock.
func TestStartOfAClockThatIsAheadIsNotWaitedForTwice(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(disablesMFA)
	for _, ahead := range []time.Duration{time.Hour, 2 * time.Hour} {
		began := metav1.NewTime(start.Add(ahead))
		a.Status.StartedAt = &began
		if err := s.cluster.Status().Update(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		for _, left := range []time.Duration{underWay, underWay - 10*time.Second} {
			if result := s.reconcile(); result.RequeueAfter != left {
				t.Fatalf("the next look is in %v, want %v", result.RequeueAfter, left)
			}
			s.at = s.at.Add(10 * time.Second)
		}
		a = s.stored()
	}
	s.wantCalls(0, "DELETE", "/users/*/mfa")
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	s.wantCalls(1, "DELETE", "/users/*/mfa")
}

// TestStartThatIsTakenBackIsRemembered has a call refused for the moment, and the API server refuse to hear of that.
func TestStartThatIsTakenBackIsRemembered(t *testing.T) {
	t.Parallel()
	for name, applies := range map[string]bool{"NotWritten": false, "WrittenWithoutAnAnswer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			s.keepCode("backup-4711")
			s.runAction(verifiesCode)
			s.clerk.InjectFault(emulator.Fault{Method: "POST", Status: 409, Code: "resource_locked"})
			refused := false
			s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
				SubResourcePatch: func(
					ctx context.Context, c client.Client, sub string, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption,
				) error {
					if refused {
						return c.SubResource(sub).Patch(ctx, o, patch, opts...)
					}
					refused = true
					if applies {
						if err := c.SubResource(sub).Patch(ctx, o, patch, opts...); err != nil {
							return err
						}
					}
					return apierrors.NewInternalError(errors.New("etcd is away"))
				},
			})
			s.reconcile()
			if result := s.reconcile(); result.RequeueAfter <= 0 || s.stored().Status.StartedAt != nil {
				t.Errorf("the start is %v, the next look in %v", s.stored().Status.StartedAt, result.RequeueAfter)
			}
			s.at = s.at.Add(reconcile.AfterPassingFailures().First)
			s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
			if r := s.stored().Status.Result; r == nil || !*r.Verified {
				t.Errorf("the result is %+v", r)
			}
		})
	}
}
