// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package connection keeps, for every ClerkInstance, the way to Clerk that its controller has checked. The controller of
// ClerkInstances puts connections in and takes them out; the controller of ClerkUsers uses them and is woken when one
// changes. ClerkInstances that lead to the same Clerk instance share its API budget and the local copy of its users.
// Secret keys live here, in memory, and nowhere else in the operator.
package connection

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Connection is a checked way to one Clerk instance.
type Connection struct {
	// InstanceID is the id of the instance that the key was seen to belong to.
	InstanceID string
	// Environment of that instance.
	Environment v1alpha1.Environment
	// Client calls Clerk with the instance's key, within its budget.
	Client *clerk.Client
	// Mirror holds the instance's users as last seen; one for all ClerkInstances with the same InstanceID.
	Mirror *mirror.Mirror
}

// State is what the controller of ClerkInstances found out last: a connection, or why there is none.
type State struct {
	// Connection is nil while the instance cannot be used.
	Connection *Connection
	// Problem says in one sentence why it cannot be used; "" with a Connection.
	Problem string
	// UID and Generation are of the ClerkInstance that this was found out about. What holds for an earlier spec says
	// nothing about a later one, which may name another key.
	UID        types.UID
	Generation int64
}

// Terms are how a ClerkInstance wants its Clerk instance to be used. Where several lead to the same one, the smallest
// budget and the shortest intervals hold.
type Terms struct {
	// RequestsPer10s is the API budget.
	RequestsPer10s int
	// Interval is between two looks at what was changed, FullInterval between two comparisons of everything.
	Interval, FullInterval time.Duration
}
