// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Result is what the outcome of a reconciliation means for the conditions and for the queue.
type Result struct {
	// Unchanged leaves the conditions, and the generation that they are about, as they are.
	Unchanged bool
	// Ready is the status of the condition Ready; Reason and Message are those of all conditions that are set.
	Ready           metav1.ConditionStatus
	Reason, Message string
	// Stalled and Reconciling say whether these conditions are set beside Ready. Stalled means that somebody has to change
	// something.
	Stalled, Reconciling bool
	// RequeueAfter is when to reconcile again without an event; 0 waits for one.
	RequeueAfter time.Duration
	// Priority is the priority in the queue from now on; nil keeps the one that the object had.
	Priority *int
	// Err is given to the queue, which retries with growing delays. RequeueAfter has no meaning with it.
	Err error
	// Failures says what becomes of the time since when reconciliations have been failing.
	Failures Failures
}

// Queue returns what the queue is told.
func (r Result) Queue() (ctrl.Result, error) {
	if r.Err != nil {
		return ctrl.Result{Priority: r.Priority}, r.Err
	}
	return ctrl.Result{RequeueAfter: r.RequeueAfter, Priority: r.Priority}, nil
}

// Ends reports whether the object is not failing any more.
func (r Result) Ends() bool { return r.Err == nil && r.Failures == FailuresEnd }

// Failures says what a result means for the time since when reconciliations of an object have been failing for a reason that
// passes by itself.
type Failures int

const (
	// FailuresUnchanged is for a result that says nothing of it: the object waits, and is reconciled again soon.
	FailuresUnchanged Failures = iota
	// FailuresContinue is for another failure, or the first one.
	FailuresContinue
	// FailuresEnd is for a success, for a failure that does not pass by itself, and for an object that is left alone.
	FailuresEnd
)

// FailingFor returns for how long reconciliations have been failing; 0 if since is zero, which means that this is the first
// failure.
func FailingFor(since, now time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return now.Sub(since)
}
