// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func actionFailed() scenario {
	return scenario{
		title: "action failed", instance: "acting", users: 1,
		spec: func(spec *v1alpha1.ClerkInstanceSpec) {
			spec.Policy = &v1alpha1.InstancePolicy{Actions: []v1alpha1.ActionType{}}
		},
		alerts:  []string{"ClerkOperatorActionFailed"},
		causing: "Somebody creates a ClerkUserAction that ClerkInstance acting does not allow.",
		mending: "The ClerkUserAction is deleted.",
		cause: func(ctx context.Context, s *stage) error {
			action, err := s.resetSecondFactors(ctx, 0)
			if err != nil {
				return err
			}
			return s.awaitEnd(ctx, action, v1alpha1.ConditionFailed)
		},
		mend: func(ctx context.Context, s *stage) error {
			return s.env.client.Delete(ctx, &v1alpha1.ClerkUserAction{ObjectMeta: s.meta(s.actionName(0))})
		},
	}
}

func actionUnfinished() scenario {
	return scenario{
		title: "action unfinished", instance: "early",
		alerts:  []string{"ClerkOperatorActionUnfinished"},
		causing: "Somebody creates a ClerkUserAction for a ClerkUser that does not exist.",
		mending: "The ClerkUser is created.",
		cause: func(ctx context.Context, s *stage) error {
			_, err := s.resetSecondFactors(ctx, 0)
			return err
		},
		mend: func(ctx context.Context, s *stage) error { return s.addUsers(ctx, 0, 1) },
	}
}

// actionName returns the name of the ClerkUserAction for a ClerkUser.
func (s *stage) actionName(n int) string { return "reset-second-factors-of-" + s.userName(n) }

// resetSecondFactors creates a ClerkUserAction for a ClerkUser.
func (s *stage) resetSecondFactors(ctx context.Context, n int) (*v1alpha1.ClerkUserAction, error) {
	action := &v1alpha1.ClerkUserAction{ObjectMeta: s.meta(s.actionName(n))}
	action.Spec.UserRef.Name = s.userName(n)
	action.Spec.DisableMFA = &v1alpha1.NoParameters{}
	if err := s.env.client.Create(ctx, action); err != nil {
		return nil, fmt.Errorf("creating a ClerkUserAction: %w", err)
	}
	return action, nil
}

// awaitEnd waits until an action has a condition, and reads it.
func (s *stage) awaitEnd(ctx context.Context, action *v1alpha1.ClerkUserAction, condition string) error {
	return s.env.await(ctx, "the end of an action", func(ctx context.Context) error {
		if err := s.env.client.Get(ctx, client.ObjectKeyFromObject(action), action); err != nil {
			return err
		}
		if !meta.IsStatusConditionTrue(action.Status.Conditions, condition) {
			return fmt.Errorf("it is not %s: its conditions are %+v", condition, action.Status.Conditions)
		}
		return nil
	})
}
