// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// handOver gives the user to another ClerkUser of the namespace that declares it and waits for it: a rename in Git must
// not cost anybody the account.
func (p *pass) handOver(ctx context.Context, user *clerk.User) (bool, error) {
	heir, err := p.findHeir(ctx, user)
	if err != nil || heir == nil {
		return false, err
	}
	mark := plan.Mark{
		Cluster:   p.ClusterID,
		Namespace: heir.Namespace,
		Name:      heir.Name,
		UID:       string(heir.UID),
		Origin:    p.origin,
	}
	if err := p.prepareHeir(ctx, heir, user); err != nil {
		return false, err
	}
	if err := p.applyRemoval(ctx, user, plan.HandOver(mark, user)); err != nil {
		return false, err
	}
	p.notef(v1alpha1.EventTransferred, "Delete", "transferred user %s to ClerkUser %s, which declares it too", user.ID, heir.Name)
	return true, p.letGo(ctx)
}

// prepareHeir puts on an object what it would have written before it created the user itself, so that it finds the user
// and cannot be deleted without it.
func (p *pass) prepareHeir(ctx context.Context, heir *v1alpha1.ClerkUser, user *clerk.User) error {
	p.memory.loseAnswer(heir.UID)
	identifier := identifierOf(user)
	if creation.Of(heir) != nil || identifier.Value == "" {
		return nil
	}
	text, err := json.Marshal(creating{
		Kind: identifier.Kind, Value: identifier.Value, At: p.now.UTC().Truncate(time.Second), Applied: p.applied,
		Instance: index.LocationOf(p.user),
	})
	if err != nil {
		return fmt.Errorf("writing annotation %s of ClerkUser %s: %w", v1alpha1.AnnotationCreating, heir.Name, err)
	}
	before := heir.DeepCopy()
	controllerutil.AddFinalizer(heir, v1alpha1.Finalizer)
	if heir.Annotations == nil {
		heir.Annotations = map[string]string{}
	}
	heir.Annotations[v1alpha1.AnnotationCreating] = string(text)
	err = p.Client.Patch(ctx, heir, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("writing the annotation of ClerkUser %s: %w", heir.Name, err)
	}
	return nil
}

// identifierOf is one under which a user is found by a look-up.
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

// findHeir returns the oldest ClerkUser of the namespace that has no user and declares this one: by its id, or by an
// identifier that proves possession.
func (p *pass) findHeir(ctx context.Context, user *clerk.User) (*v1alpha1.ClerkUser, error) {
	waiting := &v1alpha1.ClerkUserList{}
	err := p.Client.List(ctx, waiting, client.InNamespace(p.user.Namespace), client.MatchingFields{index.Unbound: "true"})
	if err != nil {
		return nil, fmt.Errorf("listing ClerkUsers that wait for a user: %w", err)
	}
	var heir *v1alpha1.ClerkUser
	for i := range waiting.Items {
		candidate := &waiting.Items[i]
		if candidate.UID == p.user.UID || !p.declares(candidate, user) {
			continue
		}
		if leads, err := p.leadsHere(ctx, candidate); err != nil {
			return nil, err
		} else if !leads {
			continue
		}
		if heir == nil || candidate.CreationTimestamp.Before(&heir.CreationTimestamp) {
			heir = candidate
		}
	}
	return heir, nil
}

// leadsHere reports whether a ClerkUser of the namespace leads to the Clerk instance that this pass works in.
func (p *pass) leadsHere(ctx context.Context, candidate *v1alpha1.ClerkUser) (bool, error) {
	instance, err := p.references().Find(ctx, p.references().Names(candidate))
	if err != nil || instance == nil {
		return false, err
	}
	if instanceName(instance) == instanceName(p.in.instance) {
		return true, nil
	}
	admits, err := Admits(ctx, p.Client, instance, candidate.Namespace)
	state, _ := p.Pool.State(instanceName(instance))
	return admits && state.Connection != nil && state.Connection.InstanceID == p.in.connection.InstanceID, err
}

// declares reports whether a ClerkUser is at work and means this user.
func (p *pass) declares(candidate *v1alpha1.ClerkUser, user *clerk.User) bool {
	if !candidate.DeletionTimestamp.IsZero() || candidate.Spec.Suspended() || candidate.Spec.Observes() {
		return false
	}
	if id := candidate.Spec.UserID; id != nil {
		return *id == user.ID
	}
	desired, err := plan.FromSpec(&candidate.Spec, plan.Inputs{})
	if err != nil {
		return false
	}
	for _, identifier := range desired.Identifiers() {
		if plan.Proves(user, identifier) {
			return true
		}
	}
	return false
}
