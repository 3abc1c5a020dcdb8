// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package connection keeps the connection to Clerk of every ClerkInstance. The controller of ClerkInstances checks a
// key, and adds and removes its connection. The other controllers use connections and are notified when one changes.
// ClerkInstances of the same Clerk instance share its API budget and its mirror. Secret keys are kept here, in memory,
// and nowhere else in the operator.
package connection

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Connection is a checked connection to one Clerk instance.
type Connection struct {
	// InstanceID is the id of the instance that the key belongs to.
	InstanceID string
	// Environment is the environment of that instance.
	Environment v1alpha1.Environment
	// Client calls Clerk with the instance's key, within its budget.
	Client *clerk.Client
	// Mirror holds the instance's users as last seen. All ClerkInstances with the same InstanceID share it.
	Mirror *mirror.Mirror

	// rights are given to every caller, instead of those of Client; nil for a connection with a Client.
	rights *Rights
}

// WithRights returns a connection without a Client that gives every caller the same rights, for a program that does not call Clerk
// itself. A mirror is not run with such a connection.
func WithRights(instanceID string, environment v1alpha1.Environment, mirror *mirror.Mirror, rights Rights) *Connection {
	return &Connection{InstanceID: instanceID, Environment: environment, Mirror: mirror, rights: &rights}
}

// State is the last result of the controller of ClerkInstances: a connection, or the reason why there is none.
type State struct {
	// Connection is nil while the instance cannot be used.
	Connection *Connection
	// Problem says in one sentence why the instance cannot be used; "" with a Connection.
	Problem string
	// UID and Generation are those of the ClerkInstance that was checked. The state says nothing about a later generation,
	// which may name another key.
	UID        types.UID
	Generation int64
}

// Terms are the limits that a ClerkInstance sets for the use of its Clerk instance. If several ClerkInstances have the
// same Clerk instance, the smallest budget and the shortest intervals apply.
type Terms struct {
	// RequestsPer10s is the API budget.
	RequestsPer10s int
	// Interval is the interval of incremental syncs, FullInterval that of full syncs.
	Interval, FullInterval time.Duration
}
