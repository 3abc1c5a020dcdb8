// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"errors"
)

// Run returns what the operator would do. It writes nothing to the cluster and to Clerk.
func Run(ctx context.Context, c Config, in Input) (Result, error) {
	_, _, _ = ctx, c, in
	return Result{}, errors.New("the preview is not available yet")
}
