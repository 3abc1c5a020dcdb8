// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// outcome is what the steps of one reconciliation of a ClerkInstance learned.
type outcome struct {
	// known is what users were told before.
	known      connection.State
	connection *connection.Connection
	// keyMissing says that the Secret is gone and the cached key is used instead.
	keyMissing bool
	// mirror is how the mirror of the connection is.
	mirror mirror.Report
	counts counts
	// massAbsent is how many users of counts.waiting are missing together with many others, as far as the mirror knows.
	massAbsent int64
	// pending are the pending deletions that are not settled.
	pending []v1alpha1.PendingDeletion
	// counted is true once counts were made, and countsDue if they may go into status again.
	counted, countsDue bool
	// holdLeft is how long ClerkUsers that are not being deleted still hold an instance that is.
	holdLeft time.Duration
	// released is true if nobody needs the instance any more, and everything that it held was let go of or was tried to.
	released bool
	err      error
	// firstSeen is when this process first saw the spec, and ended is when the steps ended.
	firstSeen, ended time.Time
}
