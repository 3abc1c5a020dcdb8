// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// StableText returns an error's text without what differs from one reconciliation to the next, so that a condition that holds
// it is not written again and again. An error that wraps one of those given has that one's text.
func StableText(err error, known ...error) string {
	if lost, ok := errors.AsType[*clerk.AnswerLostError](err); ok {
		return lost.Error()
	}
	if e, ok := errors.AsType[*clerk.Error](err); ok {
		return e.Error()
	}
	if status := apierrors.APIStatus(nil); errors.As(err, &status) {
		return "the API server answers " + string(status.Status().Reason)
	}
	for _, one := range known {
		if errors.Is(err, one) {
			return one.Error()
		}
	}
	return err.Error()
}
