// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Request is a request to the API server that failed.
type Request struct {
	// Verb and Resource are those of RBAC, such as list and clerkusers.
	Verb, Resource string
	// Namespace is "" for all namespaces, and for a resource that has none.
	Namespace string
	// Name is "" for a list.
	Name string
}

// String names the request.
func (r Request) String() string {
	what := r.Verb + " " + r.Resource
	if r.Name != "" {
		what += " " + r.Name
	}
	if r.Namespace == "" {
		return what
	}
	return what + " in namespace " + r.Namespace
}

// Explain returns an error that names the remedy where there is one: a missing right, CustomResourceDefinitions that are not
// installed, or an API server that does not answer. The error that it wraps is the given one. It is nil for nil.
func Explain(err error, r Request) error {
	switch {
	case err == nil:
		return nil
	case apierrors.IsForbidden(err) && r.Verb == "list" && r.Namespace == "":
		return fmt.Errorf("%s in all namespaces is not allowed; leave --all-namespaces out, or ask for a ClusterRole with this right: %w", r, err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%s is not allowed; ask for a Role with this right: %w", r, err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("%s: the API server does not accept your credentials; log in again: %w", r, err)
	case NotInstalled(err):
		return fmt.Errorf("%s: the cluster has no CustomResourceDefinitions of group %s; install clerk-operator first: %w",
			r, v1alpha1.GroupVersion.Group, err)
	case unreachable(err):
		return fmt.Errorf("%s: the API server does not answer; check --context and --server: %w", r, err)
	}
	return fmt.Errorf("%s: %w", r, err)
}

// NotInstalled reports whether an error says that the cluster does not have a kind. kubectl's cache of kinds can be older than their
// removal; then the API server does not know the path of the request.
func NotInstalled(err error) bool {
	if meta.IsNoMatchError(err) || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse) && apierrors.IsNotFound(err) {
		return true
	}
	status, is := errors.AsType[*apierrors.StatusError](err)
	return is && apierrors.IsNotFound(err) && (status.Status().Details == nil || status.Status().Details.Name == "")
}

// IsAbsent reports whether an error says that an object does not exist, of a kind that the cluster has.
func IsAbsent(err error) bool { return apierrors.IsNotFound(err) && !NotInstalled(err) }

// unreachable reports whether an error says that there was no answer.
func unreachable(err error) bool {
	_, noAnswer := errors.AsType[*url.Error](err)
	_, noConnection := errors.AsType[net.Error](err)
	return noAnswer || noConnection
}
