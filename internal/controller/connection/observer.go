// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Observer is called after each call to Clerk that the rate limiter gave a token, with the context of the caller. instanceID is
// the id of the Clerk instance; "" for the call that asks Clerk for it. An Observer must not block.
type Observer func(ctx context.Context, instanceID string, r clerk.RequestInfo)

// Observers returns an Observer that calls all of these in this order.
func Observers(all ...Observer) Observer {
	return func(ctx context.Context, instanceID string, r clerk.RequestInfo) {
		for _, observe := range all {
			observe(ctx, instanceID, r)
		}
	}
}

// Of returns the observer of the calls to one Clerk instance, for clerk.Config; nil if there is no Observer.
func (o Observer) Of(instanceID string) func(context.Context, clerk.RequestInfo) {
	if o == nil {
		return nil
	}
	return func(ctx context.Context, r clerk.RequestInfo) { o(ctx, instanceID, r) }
}
