// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// What happens in usualChanges: the first of its users are deleted, the next ones edited, and the next ones renamed at Clerk.
const (
	usualUsers   = 10
	usualDeleted = 2
	usualEdited  = 3
	usualDrifted = 4
)

// usualRequests is the budget of a ClerkInstance for 10 seconds, if its scenario has no other.
const usualRequests = 90

// usualChanges is what people do every day, which no alert may be about.
func usualChanges() scenario {
	return scenario{
		title: "usual changes", instance: "usual",
		spec:    func(spec *v1alpha1.ClerkInstanceSpec) { spec.DeletionBrake = perHour(usualDeleted) },
		causing: fmt.Sprintf("Somebody declares %d users of ClerkInstance usual.", usualUsers),
		mending: fmt.Sprintf("%d of them are deleted, %d get another name, and somebody renames %d at Clerk.", usualDeleted, usualEdited, usualDrifted),
		cause:   func(ctx context.Context, s *stage) error { return s.addUsers(ctx, 0, usualUsers) },
		mend: func(ctx context.Context, s *stage) error {
			if err := s.env.await(ctx, "the users of ClerkInstance usual", s.checkCreated); err != nil {
				return err
			}
			errs := []error{s.deleteUsers(ctx, 0, usualDeleted)}
			for n := range usualEdited {
				errs = append(errs, s.editUser(ctx, usualDeleted+n, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Augusta") }))
			}
			for n := range usualDrifted {
				errs = append(errs, s.renameAtClerk(usualDeleted+usualEdited+n, "Mallory"))
			}
			return errors.Join(errs...)
		},
	}
}

// checkCreated returns an error if one of the users is not at Clerk, as far as its ClerkUser says.
func (s *stage) checkCreated(ctx context.Context) error {
	for n := range usualUsers {
		user := &v1alpha1.ClerkUser{}
		if err := s.env.client.Get(ctx, s.key(n), user); err != nil {
			return fmt.Errorf("reading a ClerkUser: %w", err)
		}
		if user.Status.UserID == "" {
			return fmt.Errorf("ClerkUser %s is not bound", user.Name)
		}
	}
	return nil
}
