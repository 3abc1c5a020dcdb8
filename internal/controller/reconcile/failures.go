// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"net/url"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// errorMessage is the message with which controller-runtime logs the error of each reconciliation.
const errorMessage = "Reconciler error"

const (
	// apiServer is what a failure to reach the API server is a failure of, whatever object it showed at.
	apiServer = "the API server"
	// sharedKind is the kind of the failures that objects share.
	sharedKind = "shared"
)

// FailureLog writes the failures of one controller's reconciliations once, and then counts them. Nil writes each.
type FailureLog struct {
	// Controller is the name of the controller.
	Controller string
	// Failures counts the failures of all controllers, because some are the same.
	Failures *logging.Failures
	// Log is for lines that no reconciliation writes.
	Log logr.Logger
}

// SharedError is a failure of something that many objects use. Its objects share log lines.
type SharedError struct {
	// Of is what fails, such as "ClerkInstance shop/default". Text is why, and the same for all objects.
	Of, Text string
	// Err is the failure of the object.
	Err error
}

// Error returns the text of the object's failure.
func (e *SharedError) Error() string { return e.Err.Error() }

// Unwrap returns the object's failure.
func (e *SharedError) Unwrap() error { return e.Err }

// SharedByInstance returns the error of an object that uses a ClerkInstance: a SharedError if Clerk does not answer any call.
func SharedByInstance(err error, instance types.NamespacedName) error {
	if reason, is := clerk.Unavailable(err); is {
		return &SharedError{Of: "ClerkInstance " + instance.String(), Text: reason, Err: err}
	}
	return err
}

// Logger returns the function with which controller-runtime makes the logger of a reconciliation, as its own default does.
func (l *FailureLog) Logger(base logr.Logger) func(*ctrl.Request) logr.Logger {
	base = base.WithValues("controller", l.Controller)
	return func(request *ctrl.Request) logr.Logger {
		if request == nil {
			return base
		}
		object := l.object(request.String())
		counting := l.Failures.Counting(base, func(err error, message string) (string, logging.Failure, bool) {
			return object, l.failureOf(object, err), message == errorMessage
		})
		return counting.WithValues("namespace", request.Namespace, "name", request.Name)
	}
}

func (l *FailureLog) object(name string) string { return l.Controller + " " + name }

// succeeded writes which failures have ended with the success of an object: those that were repeated and that no other object has.
func (l *FailureLog) succeeded(ctx context.Context, o client.Object) {
	if l == nil {
		return
	}
	for _, ended := range l.Failures.Succeeded(l.object(client.ObjectKeyFromObject(o).String())) {
		writeEnd(log.FromContext(ctx), ended)
	}
}

// Forget forgets the failures of an object that is gone. It writes the end of those that are not the object's own: the object may
// have been the last one that had them.
func (l *FailureLog) Forget(o client.Object) {
	if l == nil {
		return
	}
	object := l.object(client.ObjectKeyFromObject(o).String())
	for _, ended := range l.Failures.Succeeded(object) {
		if ended.Of != object {
			writeEnd(l.Log.WithValues("controller", l.Controller), ended)
		}
	}
}

func writeEnd(to logr.Logger, ended logging.Ended) {
	to.Info("failure ended", "error", ended.Text, "of", ended.Of, "repeated", ended.Repeated, "lasted", ended.Lasted.String())
}

// failureOf says what failed, and in a text that is the same each time.
func (l *FailureLog) failureOf(object string, err error) logging.Failure {
	if shared, ok := errors.AsType[*SharedError](err); ok {
		return logging.Failure{Kind: sharedKind, Of: shared.Of, Text: shared.Text}
	}
	if refusesAll(err) {
		return logging.Failure{Kind: apiServer, Of: apiServer, Text: StableText(err)}
	}
	if sent, ok := errors.AsType[*url.Error](err); ok {
		return logging.Failure{Kind: apiServer, Of: apiServer, Text: rootOf(sent).Error()}
	}
	return logging.Failure{Kind: l.Controller, Of: object, Text: StableText(err)}
}

// refusesAll reports whether the API server's answer says nothing of the object.
func refusesAll(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsTooManyRequests(err) || apierrors.IsInternalError(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err)
}

// rootOf returns the innermost error. The texts around it have addresses and names of objects.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
