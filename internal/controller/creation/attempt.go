// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package creation reads what a ClerkUser has on record about the call that creates its user.
package creation

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Attempt is the annotation that is written before the creating call: from then on the object may own a user. It names
// the identifier under which that user can be found again, and what the call adds to it.
type Attempt struct {
	Kind    clerk.IdentifierKind `json:"kind"`
	Value   string               `json:"value"`
	At      time.Time            `json:"at"`
	Applied v1alpha1.Applied     `json:"applied"`
	// Instance is where the user is if the call was carried out. Nil in annotations of earlier versions.
	Instance *v1alpha1.BoundInstance `json:"instance,omitempty"`
}

// Identifier is the one under which the user can be found again.
func (a Attempt) Identifier() clerk.Identifier {
	return clerk.Identifier{Kind: a.Kind, Value: a.Value}
}

// Lag is how long from now lists may still not show what the call created; 0 if they must.
func (a Attempt) Lag(now time.Time) time.Duration {
	return clerk.LagLeft(now, clerk.Recorded(a.At, now))
}

// Of reads the annotation; nil if there is none. One that cannot be read is treated as none: it was not written by the
// operator.
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
