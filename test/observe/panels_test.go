// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// notKnown are the panels whose numbers nobody can know beforehand.
func notKnown() map[string]string {
	const process = "it shows what the machine does"
	return map[string]string{
		"Firing alerts":                            "the durations in the rules are others in the run; Play checks each alert",
		"Tokens left":                              "it changes with each call",
		"Waiting requests, by priority":            "a call that waits is over before anybody looks",
		"Duration of requests":                     process,
		"Pauses per minute, by scope":              "Clerk does not throttle this instance",
		"New reasons per minute":                   "it counts the users of all instances, and what they pass on their way",
		"Age of the incremental sync":              "it changes with each sync",
		"Age of the full sync":                     "it changes with each sync",
		"Watches of the Kubernetes API":            process,
		"Reconciles per second":                    process,
		"Failed reconciles and watches per minute": process,
		"Length of the queue":                      process,
		"CPU":                                      process,
		"Memory":                                   process,
		"Age of the process":                       process,
		"Versions":                                 process,
	}
}

// numbers are what the panels show at a time, when Prometheus has the series of some leaders.
func (e *end) numbers(at, begin time.Time, leaders int) []number {
	return slices.Concat(e.ofUsers(at), e.ofChanges(), e.ofCalls(begin, at), e.ofInstances(), e.ofProcesses(leaders), e.ofActions(at))
}

// ofUsers are the numbers of users.
func (e *end) ofUsers(at time.Time) []number {
	reason := []string{"reason"}
	all, notInSync, states := 0.0, map[string]float64{}, map[string]float64{}
	for name, count := range e.reasons {
		all += count
		ready := "False"
		switch name {
		case v1alpha1.ReasonInSync:
			ready = "True"
		case v1alpha1.ReasonSuspended:
			ready = "Unknown"
		default:
			notInSync[name] = count
		}
		states[ready+" "+name] = count
	}
	suspended, inSync := e.reasons[v1alpha1.ReasonSuspended], e.reasons[v1alpha1.ReasonInSync]
	readiness := map[string]float64{"True": inSync, "False": all - inSync - suspended, "Unknown": suspended}
	return []number{
		{panel: "Users in sync", want: only(inSync / (all - suspended))},
		{panel: "Users not in sync", want: only(all - inSync - suspended)},
		{panel: "ClerkUsers", want: only(all)},
		{panel: "Suspended users", want: only(suspended)},
		{panel: "Longest out of sync", want: only(seconds(at) - float64(e.outOfSync.Unix()))},
		{panel: "ClerkUsers by readiness", labels: []string{"ready"}, want: readiness},
		{panel: "Why users are not in sync", labels: reason, want: notInSync},
		{panel: "ClerkUsers by Clerk instance and reason", labels: []string{"ready", "reason"}, want: states},
		{panel: "Users whose deletion waits", labels: reason, want: map[string]float64{v1alpha1.ReasonDeletionHeld: 2}},
		// All but the refused one and that of somebody else.
		{panel: "Users in the mirror", want: only(all - 2)},
		{panel: "Users in the mirror", query: 1, want: only(0)},
	}
}

// seconds is a time as Prometheus has it, in milliseconds.
func seconds(at time.Time) float64 { return float64(at.UnixMilli()) / 1000 }

// ofChanges are the numbers of what was done at Clerk.
func (e *end) ofChanges() []number {
	const created, edited = usualUsers + 2, usualEdited + 1
	change, cause := []string{"change"}, []string{"cause"}
	deleted := map[string]float64{"delete": usualDeleted}
	return []number{
		{
			panel: "Changes in the time range", labels: []string{"change", "cause"},
			want: map[string]float64{"create spec": created, "update spec": edited, "update drift": usualDrifted, "delete deletion": usualDeleted},
		},
		{
			panel: "Changes per minute, by kind", labels: change, per: 60,
			want: map[string]float64{"create": created, "update": edited + usualDrifted, "delete": usualDeleted},
		},
		{
			panel: "Changes per minute, by cause", labels: cause, per: 60,
			want: map[string]float64{"spec": created + edited, "drift": usualDrifted, "deletion": usualDeleted},
		},
		{panel: "Changes because of deletions per minute", labels: change, per: 60, want: deleted},
		{
			panel: "Drift corrections per minute", labels: []string{"field_group"}, per: 60,
			want: map[string]float64{"profile": usualDrifted},
		},
		{panel: "Deletions that the brake counts", want: only(usualDeleted)},
		{panel: "Deletions that the brake counts", query: 1, want: only(usualDeleted)},
	}
}

// operationOf names the calls whose number is compared. Calls of others are made when a process starts, before the first scrape.
func operationOf(call emulator.Entry) clerk.Operation {
	one := emulator.Entries{call}
	for _, known := range []struct {
		method, path, order string
		operation           clerk.Operation
	}{
		{http.MethodPost, "/users", "", clerk.OperationCreateUser},
		{http.MethodPatch, "/users/*", "", clerk.OperationUpdateUser},
		{http.MethodDelete, "/users/*", "", clerk.OperationDeleteUser},
		{http.MethodDelete, "/users/*/mfa", "", clerk.OperationDisableMFA},
		{http.MethodGet, "/users", "-updated_at", clerk.OperationLastUpdated},
	} {
		if len(one.Matching(known.method, known.path)) > 0 && call.Values().Get("order_by") == known.order {
			return known.operation
		}
	}
	return ""
}

// ofCalls are the numbers of calls, by the journal of Clerk.
func (e *end) ofCalls(begin, at time.Time) []number {
	byOperation, byCode, failed, all := map[string]float64{}, map[string]float64{}, map[string]float64{}, 0.0
	for _, call := range e.stage.clerk.Journal() {
		if call.Time.Before(begin) || call.Time.After(at) {
			continue
		}
		all++
		code, operation := "2xx", string(operationOf(call))
		if call.Status >= http.StatusBadRequest {
			code = strconv.Itoa(call.Status)
			failed[operation+" "+code]++
		}
		byCode[code]++
		if operation != "" {
			byOperation[operation]++
		}
	}
	const minute, budget = 60, usualRequests / 10.0
	return []number{
		{panel: "Requests per second, by operation", labels: []string{"operation"}, per: 1, among: true, want: byOperation},
		{panel: "Requests to Clerk per second, by answer", labels: []string{"code"}, per: 1, want: byCode},
		{panel: "Requests to Clerk per second, by answer", query: 1, want: only(budget)},
		{panel: "Requests that failed per minute", labels: []string{"operation", "code"}, per: minute, want: failed},
		{panel: "Share of the budget that is used", per: 1 / budget, want: only(all)},
		{panel: "Budget used", per: 1 / budget, want: only(all)},
		{panel: "Syncs per minute", per: minute, want: only(byOperation[string(clerk.OperationLastUpdated)])},
		{panel: "Syncs per minute", query: 2, per: minute, want: only(0)},
		{panel: "Paused by Clerk", want: only(0)},
	}
}

// ofInstances are the numbers of the ClerkInstance.
func (e *end) ofInstances() []number {
	name := e.stage.scenario.instance
	const state = "State of each ClerkInstance"
	return []number{
		{panel: "Instances not ready", want: only(0)},
		{panel: "ClerkInstances", labels: []string{"resource_name"}, want: map[string]float64{name: 1}},
		{panel: state, labels: []string{"resource_name", "environment"}, want: map[string]float64{name + " Development": 1}},
		{
			panel: state, query: 1, labels: []string{"resource_name", "reason"},
			want: map[string]float64{name + " " + v1alpha1.ReasonKeyAccepted: 1},
		},
		{panel: "Mirror", want: only(0)},
	}
}

// ofProcesses are the numbers of processes.
func (e *end) ofProcesses(leaders int) []number {
	leading, all := only(float64(leaders)), only(float64(replicas+leaders-1))
	return []number{{panel: "Reconciling replicas", want: leading}, {panel: "Leader", want: leading}, {panel: "Replicas", want: all}}
}

// ofActions are the numbers of actions, of all ClerkInstances.
func (e *end) ofActions(at time.Time) []number {
	return []number{
		{panel: "Unfinished actions", want: only(1)},
		{panel: "Oldest unfinished action", want: only(seconds(at) - float64(e.action.Unix()))},
		{
			// One of each in the run, and one that reachEnd creates.
			panel: "Finished actions in the time range", labels: []string{"action", "outcome"},
			want: map[string]float64{"disableMFA NotAllowed": 1, "disableMFA CarriedOut": 2},
		},
	}
}
