// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// scenario is one thing that can go wrong.
type scenario struct {
	title string
	// instance is the name of the ClerkInstance; "" for none.
	instance string
	// alerts must fire, also may fire. Alerts about the ClerkInstance that are in neither are wrong.
	alerts, also []string
	// causing and mending say in a sentence what cause and mend do.
	causing, mending string
	// users is the number of ClerkUsers before the cause; spec changes the ClerkInstance's usual spec.
	users int
	spec  func(*v1alpha1.ClerkInstanceSpec)
	cause func(context.Context, *stage) error
	mend  func(context.Context, *stage) error
	// alone is true for a scenario that would end the alerts of others, or delay them. Each is played by itself, after the others.
	alone bool
}

// scenarios returns all scenarios, and one in which nothing happens.
func scenarios() []scenario {
	return []scenario{
		{title: "nothing", instance: "calm", users: 3}, usualChanges(),
		actionFailed(), actionUnfinished(), rightTaken(), keyRevoked(), instanceChanged(), wrongAddress(), throttled(), budgetExhausted(), driftContended(), deletionsHeld(), deletionsBlocked(), mirrorCut(),
		userRejected(), manyUsersRejected(), restarting(), noLeader(),
	}
}

func keyRevoked() scenario {
	return scenario{
		title: "key revoked", instance: "revoked", users: 2,
		alerts:  []string{"ClerkOperatorKeyRejected"},
		also:    []string{"ClerkOperatorMirrorStale", "ClerkOperatorUsersOutOfSync"},
		causing: "Somebody revokes the secret key of ClerkInstance revoked at Clerk.",
		mending: "The Secret gets a new key.",
		cause: func(_ context.Context, s *stage) error {
			s.clerk.RevokeKey(s.clerk.Key())
			return nil
		},
		mend: func(ctx context.Context, s *stage) error {
			s.clerk.AddKey("sk_test_observeRenewed")
			return s.replaceKey(ctx, "sk_test_observeRenewed")
		},
	}
}

func instanceChanged() scenario {
	return scenario{
		title: "key of another instance", instance: "changed", users: 2,
		alerts:  []string{"ClerkOperatorInstanceChanged"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: "Somebody writes the key of another Clerk instance into the Secret of ClerkInstance changed.",
		mending: "The Secret gets the former key again.",
		cause:   func(ctx context.Context, s *stage) error { return s.replaceKey(ctx, s.other.Key()) },
		mend:    func(ctx context.Context, s *stage) error { return s.replaceKey(ctx, s.clerk.Key()) },
	}
}

func wrongAddress() scenario {
	address := func(url string) func(*v1alpha1.ClerkInstance) {
		return func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To(url) }
	}
	return scenario{
		title: "wrong address", instance: "misled", users: 1,
		alerts:  []string{"ClerkOperatorInstanceNotReady"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: "Somebody writes an address into ClerkInstance misled to which the operator may not send keys.",
		mending: "The ClerkInstance gets its former address again.",
		cause: func(ctx context.Context, s *stage) error {
			return s.editInstance(ctx, address("https://clerk.example.com/v1"))
		},
		mend: func(ctx context.Context, s *stage) error { return s.editInstance(ctx, address(s.env.clerk.URL())) },
	}
}

func throttled() scenario {
	return scenario{
		title: "throttled by Clerk", instance: "throttled", users: 1,
		alerts:  []string{"ClerkOperatorThrottledByClerk"},
		also:    []string{"ClerkOperatorMirrorStale", "ClerkOperatorBudgetExhausted"},
		causing: "Another program uses up the API limit of ClerkInstance throttled, so that Clerk answers 429.",
		mending: "The other program stops.",
		cause: func(_ context.Context, s *stage) error {
			s.clerk.Configure(func(settings *emulator.Settings) { settings.InstanceRateLimit = 4 })
			return nil
		},
		mend: func(_ context.Context, s *stage) error {
			s.clerk.Configure(func(settings *emulator.Settings) { settings.InstanceRateLimit = 0 })
			return nil
		},
	}
}

func budgetExhausted() scenario {
	const users = 80
	budget := func(requests int32) func(*v1alpha1.ClerkInstance) {
		return func(i *v1alpha1.ClerkInstance) {
			i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To(requests)}
		}
	}
	return scenario{
		title: "budget exhausted", instance: "busy", users: 1,
		alerts:  []string{"ClerkOperatorBudgetExhausted"},
		also:    []string{"ClerkOperatorUsersOutOfSync", "ClerkOperatorMirrorStale"},
		causing: fmt.Sprintf("Somebody applies %d users to ClerkInstance busy, which may send 2 requests per second.", users),
		mending: "The ClerkInstance gets more budget.",
		cause: func(ctx context.Context, s *stage) error {
			return errors.Join(s.editInstance(ctx, budget(20)), s.addUsers(ctx, 1, users))
		},
		mend: func(ctx context.Context, s *stage) error {
			s.clerk.Configure(func(settings *emulator.Settings) { settings.InstanceRateLimit = -1 })
			return s.editInstance(ctx, budget(1000))
		},
	}
}

func driftContended() scenario {
	const users = 8
	rename := func(s *stage, from int, name string) error {
		for n := from; n < users; n++ {
			if err := s.renameAtClerk(n, name); err != nil {
				return err
			}
		}
		return nil
	}
	return scenario{
		title: "drift storm", instance: "drifting", users: users,
		alerts:  []string{"ClerkOperatorDriftContended"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: "A program renames all users of ClerkInstance drifting at Clerk, and one of them again and again.",
		mending: "The program stops, and the user's ClerkUser is applied with another name.",
		cause: func(ctx context.Context, s *stage) error {
			if err := rename(s, 0, "Mallory"); err != nil {
				return err
			}
			s.inBackground(ctx, func(ctx context.Context) {
				for n := 0; sleep(ctx, time.Second/2) == nil; n++ {
					_ = rename(s, users-1, fmt.Sprintf("Mallory %d", n))
				}
			})
			return nil
		},
		mend: func(ctx context.Context, s *stage) error {
			s.stop()
			return s.editUser(ctx, users-1, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Augusta") })
		},
	}
}

func deletionsHeld() scenario {
	const users = 5
	return scenario{
		title: "mass deletion", instance: "braked", users: users,
		spec:    func(spec *v1alpha1.ClerkInstanceSpec) { spec.DeletionBrake = perHour(1) },
		alerts:  []string{"ClerkOperatorDeletionsHeld"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: fmt.Sprintf("Somebody deletes %d ClerkUsers of ClerkInstance braked, whose brake allows 1 per hour.", users),
		mending: "The deletions turn out to be meant, and an annotation releases them.",
		cause:   func(ctx context.Context, s *stage) error { return s.deleteUsers(ctx, 0, users) },
		mend: func(ctx context.Context, s *stage) error {
			err := s.editInstance(ctx, func(i *v1alpha1.ClerkInstance) {
				i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}
			})
			return errors.Join(err, s.awaitGone(ctx, users))
		},
	}
}

// perHour is a brake with a limit for each hour.
func perHour(limit int32) *v1alpha1.DeletionBrake {
	return &v1alpha1.DeletionBrake{MaxCount: ptr.To(limit), Window: &metav1.Duration{Duration: time.Hour}}
}

func deletionsBlocked() scenario {
	return scenario{
		title: "deletion blocked", instance: "blocked", users: 1,
		alerts:  []string{"ClerkOperatorDeletionsBlocked"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: "Somebody deletes a ClerkUser of ClerkInstance blocked, and Clerk refuses to delete the user (409).",
		mending: "The cause is removed at Clerk, and an annotation asks for another attempt.",
		cause: func(ctx context.Context, s *stage) error {
			s.clerk.InjectFault(emulator.Fault{Method: http.MethodDelete, Path: "/users/*", Status: http.StatusConflict, Code: "user_managed_by_directory", Times: -1})
			return s.deleteUsers(ctx, 0, 1)
		},
		mend: func(ctx context.Context, s *stage) error {
			s.clerk.ClearFaults()
			err := s.editUser(ctx, 0, func(u *v1alpha1.ClerkUser) {
				u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: time.Now().UTC().Format(time.RFC3339)}
			})
			return errors.Join(err, s.awaitGone(ctx, 1))
		},
	}
}

func mirrorCut() scenario {
	return scenario{
		title: "mirror cut off", instance: "cut", users: 1,
		alerts:  []string{"ClerkOperatorMirrorStale"},
		causing: "Lists of users of ClerkInstance cut get no answer any more.",
		mending: "Clerk answers again.",
		cause: func(_ context.Context, s *stage) error {
			s.clerk.InjectFault(emulator.Fault{Method: http.MethodGet, Path: "/users", Cut: true, Times: -1})
			return nil
		},
		mend: func(_ context.Context, s *stage) error {
			s.clerk.ClearFaults()
			return nil
		},
	}
}

func userRejected() scenario {
	return scenario{
		title: "user out of sync", instance: "refusing", users: 1,
		alerts:  []string{"ClerkOperatorUsersOutOfSync"},
		causing: "Somebody declares a user with an address that ClerkInstance refusing does not admit.",
		mending: "The ClerkUser gets another address.",
		cause: func(ctx context.Context, s *stage) error {
			s.clerk.Configure(func(settings *emulator.Settings) { settings.Blocked = []string{s.userName(1) + "@example.com"} })
			return s.addUsers(ctx, 1, 1)
		},
		mend: func(ctx context.Context, s *stage) error {
			return s.editUser(ctx, 1, func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "admitted@example.com" })
		},
	}
}

func manyUsersRejected() scenario {
	const ready, rejected = 8, 7
	return scenario{
		title: "many users out of sync", instance: "strict", users: ready,
		alerts:  []string{"ClerkOperatorManyUsersOutOfSync"},
		also:    []string{"ClerkOperatorUsersOutOfSync"},
		causing: fmt.Sprintf("Somebody declares %d more users with addresses that ClerkInstance strict does not admit.", rejected),
		mending: "ClerkInstance strict admits them, and their ClerkUsers get another first name.",
		cause: func(ctx context.Context, s *stage) error {
			var blocked []string
			for n := ready; n < ready+rejected; n++ {
				blocked = append(blocked, s.userName(n)+"@example.com")
			}
			s.clerk.Configure(func(settings *emulator.Settings) { settings.Blocked = blocked })
			return s.addUsers(ctx, ready, rejected)
		},
		mend: func(ctx context.Context, s *stage) error {
			s.clerk.Configure(func(settings *emulator.Settings) { settings.Blocked = nil })
			for n := ready; n < ready+rejected; n++ {
				if err := s.editUser(ctx, n, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Augusta") }); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func rightTaken() scenario {
	return scenario{
		title: "right taken away", alerts: []string{"ClerkOperatorWatchFailing"},
		causing: "Somebody takes the right to list and watch ClerkUserActions from the operator.",
		mending: "The operator gets the right back.",
		cause: func(ctx context.Context, s *stage) error {
			err := s.env.setRights(ctx, "clerkuseractions")
			s.env.gateway.endWatches()
			return err
		},
		mend: func(ctx context.Context, s *stage) error { return s.env.setRights(ctx, "") },
	}
}

func noLeader() scenario {
	return scenario{
		title: "no leader", alerts: []string{"ClerkOperatorNoLeader"}, alone: true,
		causing: "Both replicas of the operator are killed (kill -9).",
		mending: "They are started again.",
		cause:   func(_ context.Context, s *stage) error { return s.env.killOperator() },
		mend:    func(ctx context.Context, s *stage) error { return s.env.startOperator(ctx) },
	}
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
