// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// atClerk is the only user at Clerk with the address; the error says that there is none, or more than one.
func (t *Tour) atClerk(address string) (*emulator.User, error) {
	var found []*emulator.User
	for _, user := range t.Clerk.Users() {
		for _, email := range user.EmailAddresses {
			if email.EmailAddress == address {
				found = append(found, user)
			}
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("looking for %s at Clerk: %d users have it, want one", address, len(found))
	}
	return found[0], nil
}

// userAtClerk waits until the user at Clerk with the address is as the function says.
func userAtClerk(what, address string, is func(*emulator.User) bool) until {
	return until{what, func(_ context.Context, t *Tour) error {
		user, err := t.atClerk(address)
		if err == nil && !is(user) {
			err = fmt.Errorf("comparing the user %s at Clerk: it is different", user.ID)
		}
		return err
	}}
}

// event waits until an event of the ClerkUser is recorded.
func event(name, reason string) until {
	return until{"the event " + reason + " is recorded", func(ctx context.Context, t *Tour) error {
		var events corev1.EventList
		if err := t.Cluster.List(ctx, &events, client.InNamespace(Namespace)); err != nil {
			return fmt.Errorf("listing events: %w", err)
		}
		var seen []string
		for _, e := range events.Items {
			if e.InvolvedObject.Name != name {
				continue
			}
			if e.Reason == reason {
				return nil
			}
			seen = append(seen, e.Reason)
		}
		return fmt.Errorf("looking for the event %s: there are %q", reason, seen)
	}}
}

// ready waits until the condition Ready of the present spec has the reason, and a message with the words.
func ready(what, name, reason string, words ...string) until {
	return until{what, func(ctx context.Context, t *Tour) error {
		var user v1alpha1.ClerkUser
		if err := t.Cluster.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: name}, &user); err != nil {
			return fmt.Errorf("reading the ClerkUser: %w", err)
		}
		condition := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if condition == nil || condition.ObservedGeneration != user.Generation {
			return fmt.Errorf("reading the ClerkUser %s: its spec has no result yet", name)
		}
		if condition.Reason != reason {
			return fmt.Errorf("reading the ClerkUser %s: it is %s (%s), want %s", name, condition.Reason, condition.Message, reason)
		}
		for _, word := range words {
			if !strings.Contains(condition.Message, word) {
				return fmt.Errorf("reading the ClerkUser %s: its message %q does not say %q", name, condition.Message, word)
			}
		}
		return nil
	}}
}

// guests waits until this number of ClerkUsers of guests.yaml exist, all of which have the reason if one is given.
func guests(what string, count int, reason string) until {
	return until{what, func(ctx context.Context, t *Tour) error {
		var users v1alpha1.ClerkUserList
		if err := t.Cluster.List(ctx, &users, client.InNamespace(Namespace), client.MatchingLabels{"team": "guests"}); err != nil {
			return fmt.Errorf("listing ClerkUsers: %w", err)
		}
		var seen []string
		good := len(users.Items) == count
		for _, user := range users.Items {
			why := "no result yet"
			if condition := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); condition != nil {
				why = condition.Reason
			}
			seen = append(seen, user.Name+" "+why)
			good = good && (reason == "" || why == reason)
		}
		if !good {
			return fmt.Errorf("counting the ClerkUsers of guests.yaml: there are %q, want %d", seen, count)
		}
		return nil
	}}
}

// failedRead waits until a read that is not shown yet got this answer.
func failedRead(status int) until {
	return until{fmt.Sprintf("the operator looks for the user, and gets %d", status), func(_ context.Context, t *Tour) error {
		for _, e := range t.Clerk.Journal() {
			if e.Seq > t.seen && !e.Write() && e.Status == status {
				return nil
			}
		}
		return fmt.Errorf("reading the journal: no read got %d", status)
	}}
}
