// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package status is the command "kubectl clerk status": it shows how the ClerkInstances and their ClerkUsers are, and what somebody
// has to do about it. It reads nothing but the cluster.
package status

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// Report is what the command shows.
type Report struct {
	// Time is when the cluster was read.
	Time metav1.Time `json:"time"`
	// Namespace is the namespace whose objects were read; "" for all.
	Namespace string `json:"namespace,omitempty"`
	// Operator says whether an operator runs.
	Operator Operator `json:"operator"`
	// Instances are the ClerkInstances in Namespace and those that its ClerkUsers refer to, by namespace and name.
	Instances []Instance `json:"instances"`
	// NeedsHuman are the objects, and the operator, for which somebody has to do something, most urgent first.
	NeedsHuman []Need `json:"needsHuman"`
	// NotRead names what could not be read for want of a right.
	NotRead []string `json:"notRead,omitempty"`
}

// OperatorState says whether an operator runs.
type OperatorState string

// Values of OperatorState.
const (
	// OperatorRunning: the Lease of the operator is renewed.
	OperatorRunning OperatorState = "Running"
	// OperatorNotRunning: the Lease of the operator is not renewed, or objects have waited for a first status for too long.
	OperatorNotRunning OperatorState = "NotRunning"
	// OperatorUnknown: there is no Lease that can be read, and no object that shows whether an operator runs.
	OperatorUnknown OperatorState = "Unknown"
)

// Operator is what is known about the process of the operator.
type Operator struct {
	State OperatorState `json:"state"`
	// Message says how that is known, and what to do.
	Message string `json:"message"`
	// Holder is the replica that has the Lease; "" if that is not known.
	Holder string `json:"holder,omitempty"`
	// Renewed is when the Lease was renewed last; nil if that is not known.
	Renewed *metav1.Time `json:"renewed,omitempty"`
}

// Presence says what is known about a ClerkInstance.
type Presence string

// Values of Presence.
const (
	// Present: the ClerkInstance was read.
	Present Presence = "Present"
	// Absent: ClerkUsers refer to a ClerkInstance that does not exist.
	Absent Presence = "Absent"
	// NotReadable: the caller may not read the ClerkInstance.
	NotReadable Presence = "NotReadable"
	// Implied: ClerkUsers name no ClerkInstance and their namespace has none named default, so they use the one that the
	// operator was started with (--default-instance).
	Implied Presence = "Implied"
)

// Instance is a ClerkInstance and its ClerkUsers.
type Instance struct {
	Namespace string   `json:"namespace,omitempty"`
	Name      string   `json:"name,omitempty"`
	Presence  Presence `json:"presence"`

	// Detail is nil unless the ClerkInstance was read.
	*Detail

	// Users is the number of its ClerkUsers that were read. ReadyUsers is the number of those whose condition Ready is True.
	Users      int `json:"users"`
	ReadyUsers int `json:"readyUsers"`
	// UsersByReason are these numbers by the reason of the condition Ready, most frequent first.
	UsersByReason []ReasonCount `json:"usersByReason"`
}

// ReasonCount is a number of ClerkUsers.
type ReasonCount struct {
	// Reason is the reason of the condition Ready; "" for ClerkUsers without it.
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Detail is what a ClerkInstance says about itself.
type Detail struct {
	// Ready is True, False or Unknown. Reason and Message are those of the condition; "" if there is none.
	Ready   metav1.ConditionStatus `json:"ready"`
	Reason  string                 `json:"reason,omitempty"`
	Message string                 `json:"message,omitempty"`
	// Since is when Ready changed last; nil without the condition.
	Since *metav1.Time `json:"since,omitempty"`
	// OutOfDate is true if the operator has not yet looked at the present spec.
	OutOfDate bool `json:"outOfDate,omitempty"`

	Environment     string `json:"environment,omitempty"`
	ClerkInstanceID string `json:"clerkInstanceID,omitempty"`
	ClusterID       string `json:"clusterID,omitempty"`
	// SecretName is the Secret with the key.
	SecretName string `json:"secretName"`

	// ManagedUsers is the number of users that ClerkUsers of all namespaces are bound to. UsersAtClerk is the number of all users
	// of the Clerk instance; nil if they were not counted yet.
	ManagedUsers int64  `json:"managedUsers"`
	UsersAtClerk *int64 `json:"usersAtClerk,omitempty"`

	Budget Budget `json:"budget"`
	Sync   Sync   `json:"sync"`
	Brake  Brake  `json:"brake"`
}

// Budget is the API budget. How much of it is in use is in the operator's metrics only, as it changes with each call.
type Budget struct {
	// RequestsPer10s is the number of requests in 10 seconds; 0 before the operator knows the type of the key.
	RequestsPer10s int `json:"requestsPer10s,omitempty"`
	// UsedPercent is how much of it is in use; nil if the metrics were not read.
	UsedPercent *int `json:"usedPercent,omitempty"`
	// UsedMetrics are the metrics that show how much is left.
	UsedMetrics []string `json:"usedMetrics"`
}

// SyncState says whether the operator reads the users at Clerk as often as it should.
type SyncState string

// Values of SyncState.
const (
	// SyncCurrent: no sync has been failing for three intervals.
	SyncCurrent SyncState = "Current"
	// SyncStale: no list of users could be read for three intervals.
	SyncStale SyncState = "Stale"
	// SyncStopped: the operator does not read while the ClerkInstance is not ready, or while it does not run.
	SyncStopped SyncState = "Stopped"
	// SyncUnknown: it is not known whether the operator runs.
	SyncUnknown SyncState = "Unknown"
)

// Sync says how users that change at Clerk are noticed. The exact times of the last syncs are in the operator's metrics only: a
// quiet ClerkInstance is not written.
type Sync struct {
	State SyncState `json:"state"`
	// Since is since when the state is Stale or Stopped; nil if that is not known.
	Since *metav1.Time `json:"since,omitempty"`
	// Interval and FullInterval are the times between two syncs.
	Interval     metav1.Duration `json:"interval"`
	FullInterval metav1.Duration `json:"fullInterval"`
	// LastIncremental and LastFull are when the last syncs began; nil for none since the operator started, and if the metrics were
	// not read.
	LastIncremental *metav1.Time `json:"lastIncremental,omitempty"`
	LastFull        *metav1.Time `json:"lastFull,omitempty"`
	// LastMetrics are the metrics with the times of the last syncs.
	LastMetrics []string `json:"lastMetrics"`
}

// Brake is the deletion brake.
type Brake struct {
	// MaxCount is how many users may be removed in Window; 0 is no limit.
	MaxCount int32           `json:"maxCount"`
	Window   metav1.Duration `json:"window"`
	// Counted is how many were removed in the present window.
	Counted int64 `json:"counted"`
	// Held is how many ClerkUsers wait; MassAbsent is how many of them wait because Clerk's lists stopped showing many users.
	Held       int64 `json:"held"`
	MassAbsent int64 `json:"massAbsent,omitempty"`
	// Pending is how many users are removed within seconds.
	Pending int `json:"pending,omitempty"`
	// Release is the command that releases those that wait; "" if there are none.
	Release string `json:"release,omitempty"`
}

// Need is an object for which somebody has to do something.
type Need struct {
	Urgency reasons.Urgency `json:"urgency"`
	// Kind is the kind of the object, or Operator, which has no name.
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	Reason    string `json:"reason"`
	// Since is since when; nil if that is not known.
	Since *metav1.Time `json:"since,omitempty"`
	// Why is one line.
	Why string `json:"why"`
	// Next is the next command to type.
	Next string `json:"next,omitempty"`
}

// mapCommands replaces the commands in a report, and the texts that can end with one.
func (r *Report) mapCommands(replace func(string) string) {
	r.Operator.Message = replace(r.Operator.Message)
	for i := range r.NeedsHuman {
		need := &r.NeedsHuman[i]
		if need.Next = replace(need.Next); need.Kind == kindOperator {
			need.Why = replace(need.Why)
		}
	}
	for _, i := range r.Instances {
		if i.Detail != nil {
			i.Brake.Release = replace(i.Brake.Release)
		}
	}
}
