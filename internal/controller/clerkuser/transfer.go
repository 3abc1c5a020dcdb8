// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// transfer transfers the user of an object that is being deleted to a successor: another ClerkUser of the namespace that
// declares the user and waits for it. A rename in Git must not delete the account.
type transfer struct {
	*reconciliation
	client     client.Client
	pool       *connection.Pool
	references index.References
	states     objectStates
	successors *successors
	// namesake is a new object of the same name, which the cache may not have yet; nil if there is none.
	namesake *v1alpha1.ClerkUser
}

// prepare chooses the successor and makes it look for the user. Nil: there is none.
func (t transfer) prepare(ctx context.Context, user *clerk.User) (*v1alpha1.ClerkUser, error) {
	for {
		successor, err := t.findSuccessor(ctx, user)
		if err != nil || successor == nil {
			return nil, err
		}
		if !t.successors.choose(successor.UID, user.ID) {
			// The deletion of another object was faster.
			continue
		}
		if err := t.prepareSuccessor(ctx, successor, user); err != nil {
			t.successors.forget(successor.UID)
			return nil, err
		}
		return successor, nil
	}
}

// markOf is the user's owner mark after the transfer.
func (t transfer) markOf(successor *v1alpha1.ClerkUser) plan.Mark {
	return MarkOf(t.clusterID, successor, t.origin)
}

// prepareSuccessor adds to the successor what the operator adds before a creating call: the finalizer and the annotation. With
// these it finds the user, and cannot be deleted without it.
func (t transfer) prepareSuccessor(ctx context.Context, successor *v1alpha1.ClerkUser, user *clerk.User) error {
	t.states.notify(successor.UID, func(m *notifications) { m.transferred = true })
	identifier := identifierOf(user)
	if creation.Of(successor) != nil || identifier.Value == "" {
		return nil
	}
	text, err := json.Marshal(creation.Attempt{
		Kind: identifier.Kind, Value: identifier.Value, At: t.now.UTC().Truncate(time.Second), Applied: t.record.Value(),
		Instance: index.LocationOf(t.user),
	})
	if err != nil {
		return fmt.Errorf("writing annotation %s of ClerkUser %s: %w", v1alpha1.AnnotationCreating, successor.Name, err)
	}
	before := successor.DeepCopy()
	controllerutil.AddFinalizer(successor, v1alpha1.Finalizer)
	if successor.Annotations == nil {
		successor.Annotations = map[string]string{}
	}
	successor.Annotations[v1alpha1.AnnotationCreating] = string(text)
	err = t.client.Patch(ctx, successor, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("writing the annotation of ClerkUser %s: %w", successor.Name, err)
	}
	return nil
}

// identifierOf is an identifier by which a look-up finds the user.
func identifierOf(user *clerk.User) clerk.Identifier {
	all := []clerk.Identifier{{Kind: clerk.KindExternalID, Value: user.ExternalID}, {Kind: clerk.KindUsername, Value: user.Username}}
	for i := range user.EmailAddresses {
		all = append(all, clerk.Identifier{Kind: clerk.KindEmailAddress, Value: user.EmailAddresses[i].Address})
	}
	for i := range user.PhoneNumbers {
		all = append(all, clerk.Identifier{Kind: clerk.KindPhoneNumber, Value: user.PhoneNumbers[i].Number})
	}
	for i := range user.Web3Wallets {
		all = append(all, clerk.Identifier{Kind: clerk.KindWeb3Wallet, Value: user.Web3Wallets[i].Address})
	}
	for _, identifier := range all {
		if identifier.Value != "" {
			return identifier
		}
	}
	return clerk.Identifier{}
}

// findSuccessor returns the ClerkUser of the namespace that has no user, declares this one, and comes first. The user may be nil if
// only its ClerkUser is known.
func (t transfer) findSuccessor(ctx context.Context, user *clerk.User) (*v1alpha1.ClerkUser, error) {
	waiting := &v1alpha1.ClerkUserList{}
	err := t.client.List(ctx, waiting,
		client.InNamespace(t.user.Namespace), client.MatchingFields{index.Unbound: "true"}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("listing ClerkUsers that wait for a user: %w", err)
	}
	if t.namesake != nil && !slices.ContainsFunc(waiting.Items, func(u v1alpha1.ClerkUser) bool { return u.UID == t.namesake.UID }) {
		waiting.Items = append(waiting.Items, *t.namesake)
	}
	var first *v1alpha1.ClerkUser
	declared := t.declaredBefore(user)
	for i := range waiting.Items {
		candidate := &waiting.Items[i]
		if candidate.UID == t.user.UID || !t.isFree(candidate, user) || !t.declares(candidate, user, declared) {
			continue
		}
		if leads, err := t.leadsHere(ctx, candidate); err != nil {
			return nil, err
		} else if !leads {
			continue
		}
		if first == nil || precedes(candidate, first) {
			first = candidate
		}
	}
	return first.DeepCopy(), nil
}

// isFree reports whether a candidate was not chosen as the successor of another user.
func (t transfer) isFree(candidate *v1alpha1.ClerkUser, user *clerk.User) bool {
	id := t.successors.userOf(candidate.UID)
	return id == "" || id == t.userID || user != nil && id == user.ID
}

// precedes reports whether a candidate comes before another one: one that is not suspended before one that is, and then the older.
func precedes(a, b *v1alpha1.ClerkUser) bool {
	if a.Spec.Suspended() != b.Spec.Suspended() {
		return b.Spec.Suspended()
	}
	return older(a, b)
}

// leadsHere reports whether a ClerkUser of the namespace uses the Clerk instance of this reconciliation.
func (t transfer) leadsHere(ctx context.Context, candidate *v1alpha1.ClerkUser) (bool, error) {
	instance, err := t.references.Find(ctx, t.references.Names(candidate))
	if err != nil || instance == nil {
		return false, err
	}
	if instanceName(instance) == instanceName(t.instance) {
		return true, nil
	}
	admits, err := index.Admits(ctx, t.client, instance, candidate.Namespace)
	state, _ := t.pool.State(instanceName(instance))
	return admits && state.Connection != nil && state.Connection.InstanceID == t.instanceID, err
}

// declares reports whether a ClerkUser manages users and declares this one: by its id, by an identifier that proves possession, or,
// if the operator created the user, by one that the former object declares too. Any other identifier could be one that the person
// chose. An object that is suspended or whose spec is invalid applies nothing for now, but its user must not be deleted.
func (t transfer) declares(candidate *v1alpha1.ClerkUser, user *clerk.User, before map[clerk.Identifier]bool) bool {
	if !candidate.DeletionTimestamp.IsZero() || candidate.Spec.Observes() {
		return false
	}
	if id := candidate.Spec.UserID; id != nil {
		return *id == t.userID || user != nil && *id == user.ID
	}
	return slices.ContainsFunc(plan.IdentifiersOf(&candidate.Spec), func(identifier clerk.Identifier) bool {
		same := before[clerk.FoldIdentifier(identifier)]
		if user == nil {
			// Whether the user has it is known once the user was read.
			return same
		}
		// A new object of the same name inherits the user by any identifier, here as in a claim.
		named := same || candidate.Name == t.user.Name
		return plan.Proves(user, identifier) || named && plan.Holds(user, identifier)
	})
}

// declaredBefore has the identifiers in the spec of the object that is being deleted. It has none if the operator did not create
// the user: who chose the identifiers of that user is unknown.
func (t transfer) declaredBefore(user *clerk.User) map[clerk.Identifier]bool {
	if user != nil && t.origin != v1alpha1.OriginCreated {
		return nil
	}
	declared := map[clerk.Identifier]bool{}
	for _, identifier := range plan.IdentifiersOf(&t.user.Spec) {
		declared[clerk.FoldIdentifier(identifier)] = true
	}
	return declared
}
