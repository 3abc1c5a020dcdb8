// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// said is what of a condition a test looks at.
type said struct{ Type, Status, Reason string }

func saidBy(instance *v1alpha1.ClerkInstance) map[string]said {
	all := map[string]said{}
	for _, c := range instance.Status.Conditions {
		all[c.Type] = said{c.Type, string(c.Status), c.Reason}
	}
	return all
}

// told empties a recorder.
func told(r *Reconciler) []string {
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

func accepted() result {
	return result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonKeyAccepted, Message: "good"}}
}

func rejected() result {
	return result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonKeyRejected, Message: "bad", Stalled: true}}
}

// reportOf reports a result, with the numbers of an outcome, on an instance as it is.
func reportOf(t *testing.T, r *Reconciler, instance *v1alpha1.ClerkInstance, o outcome, v result) error {
	t.Helper()
	o.ended = r.Now()
	o.countsDue = r.checked.countsDue(prod, o.ended, r.CountInterval)
	return kind{r}.Report(t.Context(), instance.DeepCopy(), instance, &o, withNumbers(v, instance, &o, r.settings()))
}

func TestReport(t *testing.T) {
	t.Parallel()
	waiting := result{Result: reconcile.Result{Unchanged: true}}
	yes := map[string]said{"Ready": {"Ready", "True", "KeyAccepted"}}
	no := map[string]said{"Ready": {"Ready", "False", "KeyRejected"}, "Stalled": {"Stalled", "True", "KeyRejected"}}
	perhaps := map[string]said{"Ready": {"Ready", "Unknown", "Waiting"}, "Reconciling": {"Reconciling", "True", "Waiting"}}
	tests := map[string]struct {
		results  []result
		want     map[string]said
		events   []string
		observed int64
	}{
		"Accepted":               {[]result{accepted()}, yes, []string{"Normal KeyAccepted good"}, 3},
		"AcceptedTwiceIsToldOne": {[]result{accepted(), accepted()}, yes, []string{"Normal KeyAccepted good"}, 3},
		"Rejected":               {[]result{rejected()}, no, []string{"Warning KeyRejected bad"}, 3},
		"Waiting":                {[]result{waiting}, perhaps, nil, -1},
		"WaitKeepsTheResult":     {[]result{accepted(), waiting}, yes, []string{"Normal KeyAccepted good"}, 3},
		"FailureSaysWhy":         {[]result{{Result: reconcile.Result{Unchanged: true, Message: "no answer"}}}, perhaps, nil, -1},
		"WaitKeepsTheStall":      {[]result{rejected(), waiting}, no, []string{"Warning KeyRejected bad"}, 3},
		"ResultEndsTheWait":      {[]result{waiting, accepted()}, yes, []string{"Normal KeyAccepted good"}, 3},
		"CureEndsTheStall":       {[]result{rejected(), accepted()}, yes, []string{"Warning KeyRejected bad", "Normal KeyAccepted good"}, 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, &clock{at: start}, newTestInstance())
			instance := read(t, r)
			for _, v := range tc.results {
				if err := reportOf(t, r, instance, outcome{}, v); err != nil {
					t.Fatal(err)
				}
			}
			stored := read(t, r)
			if diff := cmp.Diff(tc.want, saidBy(stored)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if stored.Status.ObservedGeneration != tc.observed || stored.Status.ClusterID != "cluster-1" {
				t.Errorf("status is about generation %d of cluster %q", stored.Status.ObservedGeneration, stored.Status.ClusterID)
			}
			if diff := cmp.Diff(tc.events, told(r)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			before := stored.ResourceVersion
			if err := reportOf(t, r, stored, outcome{}, tc.results[len(tc.results)-1]); err != nil {
				t.Fatal(err)
			}
			if after := read(t, r).ResourceVersion; after != before {
				t.Error("the same result was written again")
			}
		})
	}
}

// read returns the ClerkInstance as it is stored.
func read(t *testing.T, r *Reconciler) *v1alpha1.ClerkInstance {
	t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := r.Client.Get(t.Context(), prod, instance); err != nil {
		t.Fatal(err)
	}
	return instance
}

func TestReportLeavesTheBrakesCountAlone(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, &clock{at: start}, newTestInstance())
	old := read(t, r)
	counted := read(t, r)
	counted.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 7}
	if err := r.Client.Status().Update(t.Context(), counted); err != nil {
		t.Fatal(err)
	}
	o := outcome{connection: &connection.Connection{InstanceID: testID, Environment: v1alpha1.EnvironmentProduction}, mirror: mirror.Report{Users: ptr.To[int64](12)}}
	if err := reportOf(t, r, old, o, accepted()); err != nil {
		t.Fatal(err)
	}
	status := read(t, r).Status
	if status.Deletions == nil || status.Deletions.Count != 7 {
		t.Errorf("the brake's count became %+v", status.Deletions)
	}
	if status.InstanceID != testID || status.Environment != v1alpha1.EnvironmentProduction || status.Users == nil || *status.Users != 12 {
		t.Errorf("status does not say what was learned: %+v", status)
	}
}

func TestCountsWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	c := &clock{at: start}
	r := newTestReconciler(t, c, newTestInstance())
	steps := []struct {
		after         time.Duration
		managed, held int64
		want          int64
	}{
		{0, 1, 0, 1},
		{time.Second, 2, 0, 1},
		{time.Second, 3, 1, 1},
		{defaultCountInterval - 2*time.Second, 3, 1, 3},
		{time.Second, 3, 1, 3},
		{time.Second, 0, 0, 3},
		{defaultCountInterval, 0, 0, 0},
	}
	for i, s := range steps {
		c.advance(s.after)
		instance := read(t, r)
		o := outcome{counts: counts{managed: s.managed, held: s.held}, counted: true}
		if err := reportOf(t, r, instance, o, accepted()); err != nil {
			t.Fatal(err)
		}
		if got := read(t, r).Status.ManagedUsers; got != s.want {
			t.Errorf("step %d: %d managed users are written, want %d", i, got, s.want)
		}
	}
}

// A spec that was changed and not checked yet has the result for the one before, and says that it is not about this one.
func TestChangedSpecThatIsNotCheckedYetSaysSo(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]result{
		"Accepted": accepted(),
		"Rejected": rejected(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, &clock{at: start}, newTestInstance())
			instance := read(t, r)
			step := func(v result) *v1alpha1.ClerkInstance {
				t.Helper()
				if err := reportOf(t, r, instance, outcome{}, v); err != nil {
					t.Fatal(err)
				}
				return read(t, r)
			}
			ready := saidBy(step(before))["Ready"]
			instance.Generation++
			failed := result{Result: reconcile.Result{Unchanged: true, Message: "no answer from Clerk"}}
			got := step(failed)
			want := map[string]said{"Ready": ready, "Reconciling": {"Reconciling", "True", "Waiting"}}
			if diff := cmp.Diff(want, saidBy(got)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if got.Status.ObservedGeneration != 3 || got.Status.Conditions[0].ObservedGeneration != 3 {
				t.Errorf("Ready is about generation %d, status about %d, want 3", got.Status.Conditions[0].ObservedGeneration, got.Status.ObservedGeneration)
			}
			if again := step(failed); again.ResourceVersion != got.ResourceVersion {
				t.Error("the same was written again")
			}
			if after := saidBy(step(before)); after["Reconciling"].Status != "" || after["Ready"] != ready {
				t.Errorf("after the check: %+v", after)
			}
		})
	}
}

// Another operator that counts otherwise overwrites what this one wrote, as fast as it can.
func TestCountsOfAnotherOperatorAreNotAnsweredAtOnce(t *testing.T) {
	t.Parallel()
	c := &clock{at: start}
	r := newTestReconciler(t, c, newTestInstance())
	mine := outcome{counts: counts{managed: 2}, counted: true, mirror: mirror.Report{Users: ptr.To[int64](7)}}
	written := 0
	for range 100 {
		instance := read(t, r)
		instance.Status.Users, instance.Status.ManagedUsers, instance.Status.ClusterID = ptr.To[int64](9), 3, "theirs"
		if err := r.Client.Status().Update(t.Context(), instance); err != nil {
			t.Fatal(err)
		}
		before := instance.ResourceVersion
		if err := reportOf(t, r, instance, mine, accepted()); err != nil {
			t.Fatal(err)
		}
		if now := read(t, r); now.ResourceVersion != before {
			written++
		}
		c.advance(defaultCountInterval / 20)
	}
	if written != 5 {
		t.Errorf("counts were written %d times in five intervals, want once in each", written)
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	if err := s.r.Client.Create(t.Context(), s.instance); err != nil {
		t.Fatal(err)
	}
	result, err := s.r.Reconcile(t.Context(), read(t, s.r))
	if err != nil || result.RequeueAfter != defaultSecretInterval || result.Priority == nil || *result.Priority >= 0 {
		t.Errorf("Reconcile() = %+v, %v", result, err)
	}
	instance := read(t, s.r)
	if got := saidBy(instance)["Ready"]; got.Status != "True" || instance.Status.InstanceID != s.clerk.ID() || instance.Status.Users != nil {
		t.Errorf("after the first reconciliation: %+v", instance.Status)
	}
	state, known := s.r.Pool.State(prod)
	if !known || state.Connection == nil || state.Connection.InstanceID != s.clerk.ID() {
		t.Errorf("users are given %+v", state)
	}
	calls := len(s.clerk.Journal())
	version := instance.ResourceVersion
	if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	if len(s.clerk.Journal()) != calls || read(t, s.r).ResourceVersion != version {
		t.Errorf("a quiet reconciliation made %d calls, and wrote version %s over %s", len(s.clerk.Journal())-calls, read(t, s.r).ResourceVersion, version)
	}

	s.clerk.RevokeKey(testKey)
	s.r.checked.requireCheck(prod)
	if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	if got := saidBy(read(t, s.r))["Stalled"]; got.Reason != v1alpha1.ReasonKeyRejected {
		t.Errorf("with a revoked key: %+v", saidBy(read(t, s.r)))
	}
	if state, _ := s.r.Pool.State(prod); state.Connection != nil || state.Problem == "" {
		t.Errorf("users are still given %+v", state)
	}
}

func TestInstanceIsLetGoWhenNobodyNeedsIt(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	ann := bound("team-a", "ann")
	for _, object := range []client.Object{s.instance, &ann} {
		if err := s.r.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	again := func() {
		t.Helper()
		if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err != nil {
			t.Fatal(err)
		}
	}
	again()
	if err := s.r.Client.Delete(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	again()
	if got := saidBy(read(t, s.r))["Ready"]; got.Reason != v1alpha1.ReasonDeleting || got.Status != "False" {
		t.Errorf("while a user needs it: %+v", got)
	}
	if state, _ := s.r.Pool.State(prod); state.Connection == nil {
		t.Error("users that are being deleted cannot use the instance that waits for them")
	}
	ann.Finalizers = nil
	if err := s.r.Client.Update(t.Context(), &ann); err != nil {
		t.Fatal(err)
	}
	again()
	if err := s.r.Client.Get(t.Context(), prod, &v1alpha1.ClerkInstance{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("the instance is still there: %v", err)
	}
	if _, known := s.r.Pool.State(prod); known {
		t.Error("an instance that is gone is known")
	}
	if _, found := s.r.Pool.Mirror(s.clerk.ID()); found {
		t.Error("the mirror of an instance that is gone is kept")
	}
	secret := newTestSecret("")
	if err := s.r.APIReader.Get(t.Context(), client.ObjectKeyFromObject(secret), secret); err != nil || len(secret.Finalizers) != 0 {
		t.Errorf("the Secret keeps %v (%v)", secret.Finalizers, err)
	}
}

// Counts that could not be written yet are written soon, and not when the Secret is read next.
func TestCountsThatHadToWaitBringTheNextReconciliationForward(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	if err := s.r.Client.Create(t.Context(), s.instance); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		count int64
	}{{"ann", defaultSecretInterval, 1}, {"bob", defaultCountInterval, 1}} {
		user := bound("team-a", step.name)
		if err := s.r.Client.Create(t.Context(), &user); err != nil {
			t.Fatal(err)
		}
		result, err := s.r.Reconcile(t.Context(), read(t, s.r))
		if err != nil || result.RequeueAfter != step.after {
			t.Errorf("with %s the next reconciliation is in %s, want %s (%v)", step.name, result.RequeueAfter, step.after, err)
		}
		if got := read(t, s.r).Status.ManagedUsers; got != step.count {
			t.Errorf("with %s %d managed users are written, want %d", step.name, got, step.count)
		}
	}
}

// TestCountThatFailedIsNotWritten has the API server not answer when it is asked whether a deleted instance is still needed.
func TestCountThatFailedIsNotWritten(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	ann := bound("team-a", "ann", func(u *v1alpha1.ClerkUser) { u.Status.Origin = v1alpha1.OriginAdopted })
	for _, object := range []client.Object{s.instance, &ann} {
		if err := s.r.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.reconcile(t).Status.ManagedUsers; got != 1 {
		t.Fatalf("%d users are managed, want 1", got)
	}
	if err := s.r.Client.Delete(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	cluster, _ := s.r.Client.(client.WithWatch)
	s.r.APIReader = interceptor.NewClient(cluster, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("etcd is away")
		},
	})
	s.clock.advance(defaultCountInterval)
	if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err == nil {
		t.Error("the failure is not given to the queue")
	}
	if got := read(t, s.r).Status.ManagedUsers; got != 1 {
		t.Errorf("%d users are managed, want 1 still", got)
	}
	s.r.APIReader = s.r.Client
	if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	if err := s.r.Client.Get(t.Context(), prod, &v1alpha1.ClerkInstance{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("the instance is still there: %v", err)
	}
}

// TestCopyFromBeforeOurLastWriteIsSkipped has the cache lag behind: the event of the write is on its way.
func TestCopyFromBeforeOurLastWriteIsSkipped(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	if err := s.r.Client.Create(t.Context(), s.instance); err != nil {
		t.Fatal(err)
	}
	old := read(t, s.r)
	s.reconcile(t)
	s.r.checked.requireCheck(prod)
	calls := len(s.clerk.Journal())
	if result, err := s.r.Reconcile(t.Context(), old); err != nil || !result.IsZero() || len(s.clerk.Journal()) != calls {
		t.Errorf("an old copy: %+v, %v, and %d calls", result, err, len(s.clerk.Journal())-calls)
	}
	s.r.deletionEventHandler().Delete(t.Context(), event.DeleteEvent{Object: old}, nil)
	if s.r.objects.Outdated(old) {
		t.Error("an object that is gone is remembered")
	}
}
