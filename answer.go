// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

const (
	// answerPatience is how long the operator waits for an API server that does not answer, such as while a new node gets its network.
	// The startupProbe allows two minutes.
	answerPatience = 90 * time.Second
	// answerInterval is the time between two attempts, and answerLimit is the longest time of one.
	answerInterval, answerLimit = 2 * time.Second, 10 * time.Second
)

// awaitAnswer calls ask until the API server answers it, also with a refusal, and returns that answer. failed is called with the error
// of the first attempt that was not answered. When patience is over, awaitAnswer returns the last error.
func awaitAnswer(ctx context.Context, patience time.Duration, ask func(context.Context) error, failed func(error)) error {
	waiting, end := context.WithTimeout(ctx, patience)
	defer end()
	ticker := time.NewTicker(answerInterval)
	defer ticker.Stop()
	for attempt := 0; ; attempt++ {
		err := askOnce(waiting, ask)
		if answered(err) {
			return err
		}
		if attempt == 0 {
			failed(err)
		}
		select {
		case <-waiting.Done():
			return fmt.Errorf("the API server does not answer: %w", err)
		case <-ticker.C:
		}
	}
}

func askOnce(ctx context.Context, ask func(context.Context) error) error {
	ctx, end := context.WithTimeout(ctx, answerLimit)
	defer end()
	return ask(ctx)
}

// answered reports whether an API server that works gave this result.
func answered(err error) bool {
	if err == nil {
		return true
	}
	if _, isAnswer := errors.AsType[*apierrors.StatusError](err); !isAnswer {
		return false
	}
	return !apierrors.IsServiceUnavailable(err) && !apierrors.IsInternalError(err) && !apierrors.IsTooManyRequests(err) &&
		!apierrors.IsTimeout(err) && !apierrors.IsServerTimeout(err) && !apierrors.IsUnexpectedServerError(err)
}
