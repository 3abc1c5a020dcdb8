// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package creation reads the record of the call that creates the user of a ClerkUser.
package creation

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Attempt is the content of the annotation that is written before the creating call. From then on the object may own a
// user. It names the identifier by which that user can be found again, and what the call adds to the user.
type Attempt struct {
	Kind    clerk.IdentifierKind `json:"kind"`
	Value   string               `json:"value"`
	At      time.Time            `json:"at"`
	Applied v1alpha1.Applied     `json:"applied"`
	// Instance is the instance in which the call creates the user. Nil in annotations of earlier versions.
	Instance *v1alpha1.BoundInstance `json:"instance,omitempty"`
}

// Identifier returns the identifier by which the user can be found again.
func (a Attempt) Identifier() clerk.Identifier {
	return clerk.Identifier{Kind: a.Kind, Value: a.Value}
}

// Lag returns how long from now lists may not show what the call created; 0 if they must.
func (a Attempt) Lag(now time.Time) time.Duration {
	return clerk.LagLeft(now, clerk.Recorded(a.At, now))
}

// Of reads the annotation; nil if there is none. An annotation that cannot be read counts as none, because the operator
// did not write it.
func Of(user *v1alpha1.ClerkUser) *Attempt {
	text, found := user.Annotations[v1alpha1.AnnotationCreating]
	if !found {
		return nil
	}
	a := &Attempt{}
	if err := json.Unmarshal([]byte(text), a); err != nil || !slices.Contains(identifierKinds(), a.Kind) || a.Value == "" {
		return nil
	}
	return a
}

func identifierKinds() []clerk.IdentifierKind {
	return []clerk.IdentifierKind{
		clerk.KindExternalID, clerk.KindEmailAddress, clerk.KindPhoneNumber, clerk.KindUsername, clerk.KindWeb3Wallet,
	}
}
