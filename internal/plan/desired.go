// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Desired is the canonical form of a ClerkUser's spec.
type Desired struct{ mark Mark }

// Inputs is what a plan needs to know beside the spec.
type Inputs struct {
	// Mark is the owner mark that the user shall carry.
	Mark Mark
	// Applied is what was added to the user so far: status.applied.
	Applied v1alpha1.Applied
	// LiftLock says that locked: false lifts any lock now, since the field or the generation is new. Without it only
	// a lock of ours is lifted.
	LiftLock bool
}

// FromSpec is the canonical form of a spec. The error is an *InvalidError and says what the API server cannot check.
func FromSpec(spec *v1alpha1.ClerkUserSpec, in Inputs) (*Desired, error) {
	return &Desired{mark: in.Mark}, nil
}

// String shows no values.
func (Desired) String() string { return "desired user" }

// For is the plan.
func For(d *Desired, u *clerk.User) []Change { return nil }

// Unreachable names what no call can bring about.
func Unreachable(d *Desired, u *clerk.User) []InvalidError { return nil }

// Identifiers are those that the spec declares, strongest first.
func (d *Desired) Identifiers() []clerk.Identifier { return nil }

// Holds says whether the user has the identifier.
func Holds(u *clerk.User, id clerk.Identifier) bool { return false }

// Proves says whether the user has the identifier and it proves possession.
func Proves(u *clerk.User, id clerk.Identifier) bool { return false }

// Policy says which changes may be carried out.
type Policy struct {
	// Observe withholds everything.
	Observe bool
	// Withheld names the fields that are not to be written.
	Withheld map[string]bool
}

// Allow splits a plan into what may be carried out and what may not.
func Allow(p Policy, todo []Change) (do, withheld []Change) { return todo, nil }

// Fingerprint is a digest of the observed value of a field of the spec.
func Fingerprint(u *clerk.User, field string) string { return "" }

// Intend is what will be ours once the changes are carried out.
func Intend(applied v1alpha1.Applied, d *Desired, do []Change) v1alpha1.Applied { return applied }

// Settle forgets what left the spec and is gone at Clerk.
func Settle(applied v1alpha1.Applied, d *Desired, u *clerk.User) v1alpha1.Applied { return applied }

// Removal is the plan for a ClerkUser that is being deleted.
func Removal(policy v1alpha1.DeletionPolicy, m Mark, u *clerk.User) []Change { return nil }

// HandOver rewrites the mark.
func HandOver(to Mark, u *clerk.User) []Change { return nil }
