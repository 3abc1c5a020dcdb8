// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"regexp"

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
		text := "the API server answers " + string(status.Status().Reason)
		if right := MissingRight(err); right != "" {
			text += "; " + Grant(right)
		}
		return text
	}
	for _, one := range known {
		if errors.Is(err, one) {
			return one.Error()
		}
	}
	return err.Error()
}

// MissingRight returns the right that a request to the API server lacked, as in "create secrets", or "" if the request failed for
// another reason. Only the message of the API server's answer has the verb.
func MissingRight(err error) string {
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) || !apierrors.IsForbidden(err) {
		return ""
	}
	said := regexp.MustCompile(`cannot ([a-z]+) resource "([a-z0-9]+)(/[a-z0-9]+)?" in API group "([a-z0-9.-]*)"`).
		FindStringSubmatch(status.Status().Message)
	if said == nil {
		return ""
	}
	verb, resource, sub, group := said[1], said[2], said[3], said[4]
	if group != "" {
		group = "." + group
	}
	return verb + " " + resource + group + sub
}

// Grant says how to get a missing right.
func Grant(right string) string { return "grant the operator's ServiceAccount the right to " + right }
