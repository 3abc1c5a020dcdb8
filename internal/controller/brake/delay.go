// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"context"
	"time"
)

// Delay returns how long after its request the removal of a user waits: the longest deletionDelay of the ClerkInstances of the
// same Clerk instance. 0 is not at all.
func (b Brake) Delay(ctx context.Context, r Request) (time.Duration, error) {
	sharing, err := b.sharing(ctx, r)
	longest := time.Duration(0)
	for i := range sharing {
		longest = max(longest, sharing[i].Spec.RemovalDelay(r.Environment))
	}
	return longest, err
}
