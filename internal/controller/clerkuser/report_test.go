// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// recordedEvents empties a recorder.
func recordedEvents(r *Reconciler) []string {
	var all []string
	for {
		select {
		case text := <-r.Recorder.(*events.FakeRecorder).Events:
			all = append(all, text)
		default:
			return all
		}
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	update := func(p clerk.UpdateUserParams) plan.Change { return plan.Update{Params: p} }
	names := update(clerk.UpdateUserParams{FirstName: ptr.To(leakMarker), LastName: ptr.To(leakMarker)})
	metadata := plan.MergeMetadata{Params: clerk.MetadataParams{Public: clerk.Metadata{"role": leakMarker}}}
	mark := plan.MergeMetadata{Params: clerk.MetadataParams{Private: clerk.Metadata{v1alpha1.OwnerKey: "v1 …"}}}
	email := plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: leakMarker + "@example.com"}}
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	rejected := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonRejectedByClerk, Message: "100 % refused", Stalled: true}}
	was := func(res result) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) { fillConditions(u, res) }
	}
	tests := map[string]struct {
		before  func(*v1alpha1.ClerkUser)
		learned func(*reconciliation)
		result  result
		want    []string
	}{
		"NothingHappened":             {was(inSync), func(*reconciliation) {}, inSync, nil},
		"FirstResultIsReady":          {nil, func(*reconciliation) {}, inSync, nil},
		"FirstResultIsNot":            {nil, func(*reconciliation) {}, rejected, []string{"Warning RejectedByClerk 100 % refused"}},
		"BecomesNotReady":             {was(inSync), func(*reconciliation) {}, rejected, []string{"Warning RejectedByClerk 100 % refused"}},
		"BecomesReady":                {was(rejected), func(*reconciliation) {}, inSync, nil},
		"StillBad":                    {was(rejected), func(*reconciliation) {}, rejected, nil},
		"BadInAnotherWay":             {was(result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonMissing, Message: "gone"}}), func(*reconciliation) {}, rejected, []string{"Warning RejectedByClerk 100 % refused"}},
		"Waiting":                     {nil, func(*reconciliation) {}, result{Result: reconcile.Result{Unchanged: true}}, nil},
		"ReleasedReportsNoTransition": {was(inSync), func(rec *reconciliation) { rec.released = true }, result{Result: reconcile.Result{Unchanged: true}}, nil},
		"EventsAreWritten": {was(inSync), func(rec *reconciliation) {
			rec.recordEventf(v1alpha1.EventReleased, "Delete", "left at 100 %s", "Clerk")
		}, inSync, []string{"Normal Released left at 100 Clerk"}},
		"CreationIsNotUpdated": {nil, func(rec *reconciliation) { rec.did = []plan.Change{plan.Create{}} }, inSync, nil},
		"FieldsOfSeveralCallsInOneEvent": {
			was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{email, names, metadata} }, inSync,
			[]string{"Normal Updated changed emailAddresses, firstName, lastName, publicMetadata"},
		},
		"SameFieldTwiceIsNamedOnce": {was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{email, email} }, inSync, []string{"Normal Updated changed emailAddresses"}},
		"DriftHasItsOwnEvent": {
			was(inSync), func(rec *reconciliation) { rec.reported, rec.did = true, []plan.Change{names} }, inSync,
			[]string{"Normal DriftCorrected corrected what somebody else had changed: firstName, lastName"},
		},
		"AccessHasItsOwnEvents": {
			was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{plan.Ban{}, plan.Lock{}, names} }, inSync,
			[]string{"Normal Banned banned the user, which ended all sessions", "Normal Locked locked the user", "Normal Updated changed firstName, lastName"},
		},
		"AccessGivenBack": {
			was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{plan.Unlock{}, plan.Unban{}} }, inSync,
			[]string{"Normal Unlocked removed the lock", "Normal Unbanned removed the ban"},
		},
		"MarkIsNoFieldOfTheSpec":        {was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{mark} }, inSync, nil},
		"ChangesBeforeAnErrorToo":       {was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{plan.Ban{}} }, rejected, []string{"Normal Banned banned the user, which ended all sessions", "Warning RejectedByClerk 100 % refused"}},
		"ChangesWhileWaitingToo":        {was(inSync), func(rec *reconciliation) { rec.did = []plan.Change{plan.Ban{}} }, result{Result: reconcile.Result{Unchanged: true}}, []string{"Normal Banned banned the user, which ended all sessions"}},
		"EventsComeBeforeTheTransition": {nil, func(rec *reconciliation) { rec.recordEventf(v1alpha1.EventDeleted, "Delete", "deleted") }, rejected, []string{"Normal Deleted deleted", "Warning RejectedByClerk 100 % refused"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			user := newTestUser("ann")
			if tc.before != nil {
				tc.before(user)
			}
			rec := newTestReconciliation(t, r, user)
			rec.reported = false
			tc.learned(rec)
			stepsOf(r).recordEvents(t.Context(), user.DeepCopy(), rec, tc.result)
			got := recordedEvents(r)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			seen := map[string]bool{}
			for _, text := range got {
				reason := strings.Fields(text)[1]
				if seen[reason] {
					t.Errorf("reason %s is recorded twice in one reconciliation", reason)
				}
				seen[reason] = true
				if strings.Contains(text, leakMarker) {
					t.Errorf("%q shows a value of the spec", text)
				}
			}
		})
	}
}

func TestMetricsCountChangesAndTransitions(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	registry := prometheus.NewRegistry()
	metrics, err := NewMetrics(registry, r.Pool)
	if err != nil {
		t.Fatal(err)
	}
	r.Metrics = metrics
	r.Pool.Join(instanceName(newTestInstance()), testInstanceID, connection.Terms{})
	rec := newTestReconciliation(t, r, newTestUser("ann"))
	rec.instanceID = testInstanceID
	rec.did = []plan.Change{plan.Create{}, plan.Ban{}, plan.Ban{}}
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	stepsOf(r).recordEvents(t.Context(), newTestUser("ann"), rec, inSync)
	rec.reported, rec.recreates = true, true
	before := newTestUser("ann", func(u *v1alpha1.ClerkUser) { fillConditions(u, inSync) })
	stepsOf(r).recordEvents(t.Context(), before, rec, inSync)
	image, lock := plan.SetProfileImage{}, plan.Lock{}
	rec.did, rec.removed = []plan.Change{plan.Unban{}, lock, image, image, plan.MergeMetadata{}}, []plan.Change{plan.Ban{}, plan.Delete{}}
	stepsOf(r).recordEvents(t.Context(), before, rec, inSync)
	before.Status.LockExpiresAt = ptr.To(metav1.NewTime(start))
	rec.did, rec.removed = []plan.Change{lock}, nil
	stepsOf(r).recordEvents(t.Context(), before, rec, inSync)

	const changes, corrections = "clerk_operator_changes_total ", "clerk_operator_drift_corrections_total clerk_instance=" + testInstanceID
	of := func(cause, change string) string {
		return changes + "cause=" + cause + " change=" + change + " clerk_instance=" + testInstanceID
	}
	want := map[string]float64{
		of("drift", "ban"): 2, of("drift", "create"): 1, of("spec", "ban"): 2, of("spec", "create"): 1,
		of("drift", "unban"): 1, of("drift", "lock"): 2, of("drift", "set_profile_image"): 2, of("drift", "merge_metadata"): 1,
		of("deletion", "ban"): 1, of("deletion", "delete"): 1,
		corrections + " field_group=access":                    1,
		corrections + " field_group=image":                     1,
		"clerk_operator_ready_transitions_total reason=InSync": 1,
	}
	got := counterValues(t, registry)
	maps.DeleteFunc(got, func(_ string, count float64) bool { return count == 0 })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics that are not 0 (-want +got):\n%s", diff)
	}
	if _, err := NewMetrics(registry, r.Pool); err == nil {
		t.Error("the same metrics were registered twice")
	}
}

// counterValues returns the counters of a registry by name and labels.
func counterValues(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := family.GetName()
			for _, label := range m.GetLabel() {
				name += " " + label.GetName() + "=" + label.GetValue()
			}
			all[name] = m.GetCounter().GetValue()
		}
	}
	return all
}

// deletable answers reads and deletions of a user with prepared errors, one for each call; the last one repeats.
type deletable struct {
	connection.Reader
	connection.Deleter
	user           *clerk.User
	reads, deletes []error
	deleted        int
}

func (d *deletable) User(context.Context, string) (*clerk.User, error) {
	return d.user, nextAnswer(&d.reads)
}

func (d *deletable) DeleteUser(context.Context, audit.Write, string) error {
	d.deleted++
	return nextAnswer(&d.deletes)
}

func nextAnswer(answers *[]error) error {
	if len(*answers) == 0 {
		return nil
	}
	first := (*answers)[0]
	if len(*answers) > 1 {
		*answers = (*answers)[1:]
	}
	return first
}

// A user that was created for an object that is gone is deleted again, and the error names it if that fails.
func TestCreationIsUndone(t *testing.T) {
	t.Parallel()
	refusal := writeError(t, answeringTransport(422, errorBody("form_param_invalid", "x")))
	absent := readError(t, answeringTransport(404, errorBody("resource_not_found", "")))
	soon := &clerk.WaitError{At: start.Add(time.Millisecond)}
	tests := map[string]struct {
		reads, deletes []error
		ended, foreign bool
		deleted        int
		left           bool
	}{
		"AtOnce":                   {deleted: 1},
		"AfterWaitsForTokens":      {reads: []error{soon, nil}, deletes: []error{soon, nil}, deleted: 2},
		"AnothersByNow":            {foreign: true},
		"DeletionIsRefused":        {deletes: []error{refusal}, deleted: 1, left: true},
		"NotVisibleUntilTheEnd":    {reads: []error{absent}, ended: true, left: true},
		"WaitsForATokenAtTheEnd":   {reads: []error{&clerk.WaitError{At: start.Add(time.Hour)}}, ended: true, left: true},
		"DeletionFailsUntilTheEnd": {deletes: []error{errors.New("no answer")}, ended: true, deleted: 1, left: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.did = []plan.Change{plan.Create{}}
			owner := rec.mark()
			if tc.foreign {
				owner.UID = "another"
			}
			rec.observed = clerkUser("ann@example.com", withMark(owner))
			at := &deletable{user: rec.observed, reads: tc.reads, deletes: tc.deletes}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.ended {
				cancel()
			}
			err := undoCreation{reconciliation: rec, reader: at, deleter: at, pool: r.Pool, clock: r.Now}.run(ctx)
			if (err != nil) != tc.left || err != nil && !strings.Contains(err.Error(), "user "+testUserID+",") {
				t.Errorf("run() = %v, want the user left behind: %t", err, tc.left)
			}
			if at.deleted != tc.deleted {
				t.Errorf("%d deletions, want %d", at.deleted, tc.deleted)
			}
			wantEvents := 0
			if !tc.left && !tc.foreign {
				wantEvents = 1
			}
			if len(rec.events) != wantEvents || wantEvents == 1 && rec.events[0].reason != v1alpha1.EventDeleted {
				t.Errorf("events are %+v", rec.events)
			}
		})
	}
}

// What fails for many users is written once for their ClerkInstance.
func TestRepeatedFailuresOfUsersShareALine(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	r.Failures = logging.NewFailures(r.Now)
	var lines []string
	ctx := log.IntoContext(t.Context(), funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{}))
	refusal := readError(t, answeringTransport(403, errorBody("organization_not_enabled_in_instance", "")))
	for n := range 10_000 {
		rec := newTestReconciliation(t, r, newTestUser("ann"+strconv.Itoa(n)))
		rec.instance = newTestInstance()
		if err := (readExtras{reconciliation: rec}).readFailed(ctx, refusal); err != nil {
			t.Fatal(err)
		}
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "statusIncludes") {
		t.Errorf("%d lines are written: %q", len(lines), lines[:min(len(lines), 3)])
	}
}
