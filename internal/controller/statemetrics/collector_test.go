// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// start is the time at which every test of this package begins.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// since is the Unix time some minutes after the start.
func since(minutes int) int64 { return start.Unix() + int64(60*minutes) }

func at(minutes int) metav1.Time {
	return metav1.NewTime(start.Add(time.Duration(minutes) * time.Minute))
}

// operatorsDefault is the ClerkInstance that the operator of the tests was started with.
var operatorsDefault = types.NamespacedName{Namespace: "operators", Name: "main"}

// newTestCollector returns the collector of a process that leads.
func newTestCollector() *collector {
	c := newCollector(Config{
		Pool:            connection.NewPool(time.Now),
		DefaultInstance: operatorsDefault,
		KeyCheckedAt:    func(types.NamespacedName) time.Time { return time.Time{} },
		Now:             func() time.Time { return start },
	})
	c.synced = func() bool { return true }
	c.leader.begun.Store(true)
	return c
}

// values returns the values of the series, by name and labels, that keep selects.
func values(t testing.TB, c *collector, keep func(name string, value float64) bool) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, series := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "clerk_operator_")
			for _, label := range series.GetLabel() {
				name += fmt.Sprintf(" %s=%s", label.GetName(), label.GetValue())
			}
			if value := series.GetGauge().GetValue(); keep(name, value) {
				all[name] = value
			}
		}
	}
	return all
}

func notZero(_ string, value float64) bool { return value != 0 }

func expect(t *testing.T, c *collector, keep func(string, float64) bool, want map[string]float64) {
	t.Helper()
	if diff := cmp.Diff(want, values(t, c, keep)); diff != "" {
		t.Errorf("series (-want +got):\n%s", diff)
	}
}

// of selects the series of some metrics that are not 0.
func of(metrics ...string) func(string, float64) bool {
	return func(name string, value float64) bool {
		metric, _, _ := strings.Cut(name, " ")
		for _, wanted := range metrics {
			if metric == wanted && value != 0 {
				return true
			}
		}
		return false
	}
}

func newUser(namespace, name string, change ...func(*v1alpha1.ClerkUser)) *v1alpha1.ClerkUser {
	user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: at(0)}}
	for _, f := range change {
		f(user)
	}
	return user
}

// ready gives a user the condition Ready, as it has been for some minutes since the start.
func ready(status metav1.ConditionStatus, reason string, minutes int) func(*v1alpha1.ClerkUser) {
	return func(u *v1alpha1.ClerkUser) {
		u.Status.Conditions = []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, LastTransitionTime: at(minutes)},
		}
	}
}

func inSync(u *v1alpha1.ClerkUser) { ready(metav1.ConditionTrue, v1alpha1.ReasonInSync, 0)(u) }

func refersTo(namespace, name string) func(*v1alpha1.ClerkUser) {
	return func(u *v1alpha1.ClerkUser) {
		u.Spec.InstanceRef = &v1alpha1.InstanceReference{Namespace: &namespace, Name: name}
	}
}

func newInstance(namespace, name, id string, change ...func(*v1alpha1.ClerkInstance)) *v1alpha1.ClerkInstance {
	instance := &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Status:     v1alpha1.ClerkInstanceStatus{InstanceID: id},
	}
	if id != "" {
		instance.Status.Environment = v1alpha1.EnvironmentProduction
	}
	for _, f := range change {
		f(instance)
	}
	return instance
}

// fill adds objects to a collector, as the cache does.
func fill(c *collector, objects ...client.Object) {
	for _, object := range objects {
		switch o := object.(type) {
		case *v1alpha1.ClerkUser:
			eventHandler(c.users).OnAdd(o, true)
		case *v1alpha1.ClerkInstance:
			eventHandler(c.instances).OnAdd(o, true)
		case *v1alpha1.ClerkUserAction:
			eventHandler(c.actions).OnAdd(o, true)
		}
	}
}

// TestOnlyTheLeaderCounts has a process wait for the lease, wait for its caches, lead and lose the lease.
func TestOnlyTheLeaderCounts(t *testing.T) {
	t.Parallel()
	c, inCache, lost := newTestCollector(), false, error(nil)
	c.leader = &leader{mayWrite: func() error { return lost }}
	c.synced = func() bool { return inCache }
	fill(c, newInstance("team", "default", "ins_1"), newUser("team", "ann", inSync))
	everything := func(string, float64) bool { return true }
	expect(t, c, everything, map[string]float64{"leader": 0})
	c.leader.begun.Store(true)
	expect(t, c, everything, map[string]float64{"leader": 1})
	inCache = true
	if got := values(t, c, everything); len(got) < 50 || got["leader"] != 1 {
		t.Errorf("the leader has the series %v", got)
	}
	lost = lease.ErrLost
	expect(t, c, everything, map[string]float64{"leader": 0})
}

// TestUsersCountWhereTheyLead has users that lead to their Clerk instance in each way, and to none.
func TestUsersCountWhereTheyLead(t *testing.T) {
	t.Parallel()
	const id, other = "ins_1", "ins_2"
	bound := func(u *v1alpha1.ClerkUser) {
		u.Status.UserID, u.Status.Instance = "user_1", &v1alpha1.BoundInstance{Namespace: "team", Name: "other", ID: other}
	}
	deleted := func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = new(metav1.Time); *u.DeletionTimestamp = at(1) }
	notAllowed := ready(metav1.ConditionFalse, v1alpha1.ReasonNotAllowed, 1)
	tests := map[string]struct {
		user *v1alpha1.ClerkUser
		want string
	}{
		"ByReference":             {newUser("team", "ann", inSync, refersTo("team", "other")), other},
		"DefaultOfItsNamespace":   {newUser("team", "ann", inSync), id},
		"DefaultOfTheOperator":    {newUser("elsewhere", "ann", inSync), "ins_main"},
		"ThroughASharedInstance":  {newUser("team", "ann", inSync, refersTo("team", "again")), id},
		"ToNoInstance":            {newUser("team", "ann", inSync, refersTo("team", "missing")), noInstance},
		"ToOneInAForeignPlace":    {newUser("team", "ann", inSync, refersTo("unwatched", "default")), noInstance},
		"ToOneWithoutConnection":  {newUser("team", "ann", inSync, refersTo("team", "new")), noInstance},
		"ToOneThatDoesNotAllowIt": {newUser("team", "ann", notAllowed, refersTo("team", "other")), noInstance},
		"BoundElsewhere":          {newUser("team", "ann", inSync, bound), id},
		"RemovedWhereItIsBound":   {newUser("team", "ann", inSync, bound, deleted), other},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestCollector()
			fill(c, newInstance("team", "default", id), newInstance("team", "again", id), newInstance("team", "other", other),
				newInstance("team", "new", ""), newInstance("operators", "main", "ins_main"), tc.user)
			condition := tc.user.Status.Conditions[0]
			want := map[string]float64{
				fmt.Sprintf("users clerk_instance=%s ready=%s reason=%s", tc.want, condition.Status, condition.Reason): 1,
			}
			if condition.Status == metav1.ConditionFalse {
				want["users_oldest_not_ready_timestamp_seconds clerk_instance="+tc.want] = float64(since(1))
			}
			expect(t, c, of("users", "users_oldest_not_ready_timestamp_seconds"), want)
			eventHandler(c.users).OnDelete(tc.user)
			expect(t, c, of("users", "users_oldest_not_ready_timestamp_seconds"), map[string]float64{})
		})
	}
}

// TestConnectionTellsTheInstance has a ClerkInstance whose new connection is not in the cache yet.
func TestConnectionTellsTheInstance(t *testing.T) {
	t.Parallel()
	c := newTestCollector()
	fill(c, newInstance("team", "default", "ins_old"), newUser("team", "ann", inSync))
	c.instances.pool.Join(types.NamespacedName{Namespace: "team", Name: "default"}, "ins_new", connection.Terms{})
	expect(t, c, of("users"), map[string]float64{"users clerk_instance=ins_new ready=True reason=InSync": 1})
}

// TestOnlyIDsAreLabels has ClerkInstances whose status somebody edited, and keys that may not ask for their instance.
func TestOnlyIDsAreLabels(t *testing.T) {
	t.Parallel()
	c := newTestCollector()
	fill(c, newInstance("team", "default", noInstance), newInstance("team", "unknown", "unknown"), newInstance("team", "unpinned", "unpinned-1"),
		newInstance("team", "digest", "unpinned-0123456789abcdef"), newInstance("team", "text", "ann.smith@example.com tel +1 555"),
		newInstance("team", "long", "ins_"+strings.Repeat("1", 61)), newInstance("team", "empty", "ins_"), newInstance("team", "one", "ins_1"),
		newUser("team", "ann", inSync), newUser("team", "bob", inSync, refersTo("team", "text")))
	for name, digest := range map[string]string{"first": "unpinned-aaaaaaaaaaaaaaaa", "second": "unpinned-bbbbbbbbbbbbbbbb"} {
		fill(c, newInstance("team", name, digest))
		c.instances.pool.Join(types.NamespacedName{Namespace: "team", Name: name}, digest, connection.Terms{})
	}
	found := map[string]bool{}
	for name := range values(t, c, func(string, float64) bool { return true }) {
		if _, label, labelled := strings.Cut(name, "clerk_instance="); labelled {
			label, _, _ = strings.Cut(label, " ")
			found[label] = true
		}
	}
	if diff := cmp.Diff(map[string]bool{noInstance: true, "ins_1": true, "unpinned-1": true, "unpinned-2": true}, found); diff != "" {
		t.Errorf("values of clerk_instance (-want +got):\n%s", diff)
	}
	expect(t, c, of("users"), map[string]float64{"users clerk_instance=none ready=True reason=InSync": 2})
}

// TestStatusIsNotBelievedAfterTheCheck has a ClerkInstance without a key of the Clerk instance that its status names.
func TestStatusIsNotBelievedAfterTheCheck(t *testing.T) {
	t.Parallel()
	forged := newInstance("other", "default", "ins_1", func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: new(int32)}
		*i.Spec.DeletionBrake.MaxCount = 1
		i.Status.Deletions = &v1alpha1.DeletionCount{Since: at(0), Count: 77}
	})
	c := newTestCollector()
	fill(c, newInstance("team", "default", "ins_1"), forged, newUser("other", "ann", inSync))
	c.instances.pool.Join(types.NamespacedName{Namespace: "team", Name: "default"}, "ins_1", connection.Terms{})
	shown := of("users", "deletion_brake_deletions", "deletion_brake_max")
	expect(t, c, shown, map[string]float64{
		"users clerk_instance=ins_1 ready=True reason=InSync": 1,
		"deletion_brake_deletions clerk_instance=ins_1":       77, "deletion_brake_max clerk_instance=ins_1": 1,
	})
	c.instances.pool.Set(client.ObjectKeyFromObject(forged), connection.State{Problem: "no key"})
	expect(t, c, shown, map[string]float64{
		"users clerk_instance=none ready=True reason=InSync": 1,
		"deletion_brake_max clerk_instance=ins_1":            v1alpha1.DefaultBrakeMaxCount,
	})
}

// TestEveryStateCounts has users with each kind of condition, of which none may vanish.
func TestEveryStateCounts(t *testing.T) {
	t.Parallel()
	suspended := func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = new(bool); *u.Spec.Suspend = true }
	undecoded := &v1alpha1.ClerkUser{}
	text := `{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUser",
		"metadata":{"namespace":"team","name":"odd","creationTimestamp":"2026-03-04T05:16:07Z"},"spec":{},
		"status":{"conditions":[{"type":"Ready","status":"True","reason":"InSync","lastTransitionTime":"yesterday"}]}}`
	if err := undecoded.UnmarshalJSON([]byte(text)); err != nil || undecoded.Undecoded == nil {
		t.Fatalf("decoding a user: %v, undecoded %v", err, undecoded.Undecoded)
	}
	c := newTestCollector()
	fill(c, newInstance("team", "default", "ins_1"), undecoded,
		newUser("team", "a", inSync), newUser("team", "b", inSync), newUser("team", "c", inSync, suspended),
		newUser("team", "d", ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld, 1)),
		newUser("team", "e", ready(metav1.ConditionFalse, v1alpha1.ReasonMissing, 2), suspended),
		newUser("team", "f", ready(metav1.ConditionFalse, v1alpha1.ReasonMissing, 4)),
		newUser("team", "g", ready(metav1.ConditionFalse, v1alpha1.ReasonRetrying, 3)),
		newUser("team", "h", ready(metav1.ConditionUnknown, v1alpha1.ReasonWaiting, 5)),
		newUser("team", "i", ready(metav1.ConditionTrue, "FromTheFuture", 6)),
		newUser("team", "j", ready(metav1.ConditionTrue, v1alpha1.ReasonMissing, 7)),
		newUser("team", "k", ready("Maybe", v1alpha1.ReasonInSync, 8)),
		newUser("team", "l", suspended, func(u *v1alpha1.ClerkUser) {
			u.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSuspended, Status: metav1.ConditionTrue}}
		}),
		newUser("team", "m", inSync, suspended, func(u *v1alpha1.ClerkUser) {
			u.Status.Conditions = append(u.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionSuspended, Status: metav1.ConditionTrue})
		}),
	)
	counted := of("users", "users_suspended", "users_oldest_not_ready_timestamp_seconds")
	state := func(status, reason string) string {
		return "users clerk_instance=ins_1 ready=" + status + " reason=" + reason
	}
	const oldest = "users_oldest_not_ready_timestamp_seconds clerk_instance=ins_1"
	want := map[string]float64{
		state("True", "InSync"): 3, state("False", "DeletionHeld"): 1, state("False", "Missing"): 2, state("False", "Retrying"): 1,
		state("Unknown", "Waiting"): 1, state("True", "other"): 2, state("Unknown", "other"): 1, state("Unknown", "none"): 1,
		state("Unknown", "Suspended"): 2, "users_suspended clerk_instance=ins_1": 4, oldest: float64(since(3)),
	}
	expect(t, c, counted, want)

	g := newUser("team", "g", ready(metav1.ConditionFalse, v1alpha1.ReasonRetrying, 3))
	eventHandler(c.users).OnUpdate(g, newUser("team", "g", inSync))
	want[state("True", "InSync")], want[oldest] = 4, float64(since(4))
	delete(want, state("False", "Retrying"))
	expect(t, c, counted, want)
}

// TestSeriesComeAndGoWithTheirInstance deletes one of two ClerkInstances of a Clerk instance, and then the other.
func TestSeriesComeAndGoWithTheirInstance(t *testing.T) {
	t.Parallel()
	c := newTestCollector()
	checked := func(i *v1alpha1.ClerkInstance) {
		i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonKeyAccepted}}
	}
	odd := func(i *v1alpha1.ClerkInstance) {
		i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: "FromTheFuture"}}
	}
	c.config.KeyCheckedAt = func(name types.NamespacedName) time.Time {
		if name.Name == "one" {
			return start
		}
		return time.Time{}
	}
	one, two, other := newInstance("team", "one", "ins_1", checked), newInstance("team", "two", "ins_1", odd), newInstance("team", "new", "")
	fill(c, one, two, other)
	named := func(name string) string { return "resource_name=" + name + " resource_namespace=team" }
	want := map[string]float64{
		"leader": 1,
		"clerkinstance_info clerk_instance=ins_1 environment=Production " + named("one"): 1,
		"clerkinstance_info clerk_instance=ins_1 environment=Production " + named("two"): 1,
		"clerkinstance_info clerk_instance=none environment=unknown " + named("new"):     1,
		"clerkinstance_ready " + named("one"):                                            1,
		"clerkinstance_last_key_check_timestamp_seconds " + named("one"):                 float64(since(0)),
		"clerkinstance_ready_reason reason=KeyAccepted " + named("one"):                  1,
		"clerkinstance_ready_reason reason=other " + named("two"):                        1,
		"clerkinstance_ready_reason reason=none " + named("new"):                         1,
		"deletion_brake_max clerk_instance=ins_1":                                        v1alpha1.DefaultBrakeMaxCount,
	}
	expect(t, c, notZero, want)
	all := func(part string) int {
		return len(values(t, c, func(name string, _ float64) bool { return strings.Contains(name, part) }))
	}
	if zeros, want := all(named("new")), 3+len(instanceReasons()); zeros != want {
		t.Errorf("a new ClerkInstance has %d series, want %d from the start", zeros, want)
	}
	if ofOne, ofNone := all("clerk_instance=ins_1 ready="), all("clerk_instance=none ready="); ofOne != len(readyStates()) || ofNone != ofOne {
		t.Errorf("%d and %d series count the users of an instance and of none, want %d", ofOne, ofNone, len(readyStates()))
	}
	eventHandler(c.instances).OnDelete(one)
	if all(named("one")) != 0 || all("clerk_instance=ins_1") == 0 {
		t.Error("the series of a deleted ClerkInstance are still there, or those of its Clerk instance are not")
	}
	eventHandler(c.instances).OnDelete(two)
	if all("ins_1") != 0 {
		t.Error("there are series of a Clerk instance that nobody uses")
	}
}

// TestBrakeIsOneForAClerkInstance has two ClerkInstances with counts of this window and of an earlier one.
func TestBrakeIsOneForAClerkInstance(t *testing.T) {
	t.Parallel()
	braked := func(maxCount, counted int32, minutesAgo int) func(*v1alpha1.ClerkInstance) {
		return func(i *v1alpha1.ClerkInstance) {
			i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: &maxCount, Window: &metav1.Duration{Duration: 10 * time.Minute}}
			i.Status.Deletions = &v1alpha1.DeletionCount{Since: at(-minutesAgo), Count: counted}
		}
	}
	c := newTestCollector()
	fill(c, newInstance("a", "x", "ins_1", braked(7, 2, 1)), newInstance("b", "x", "ins_1", braked(5, 3, 9)),
		newInstance("c", "x", "ins_1", braked(9, 4, 10)), newInstance("d", "x", "ins_2", braked(0, 3, 1)))
	expect(t, c, of("deletion_brake_deletions", "deletion_brake_max"), map[string]float64{
		"deletion_brake_deletions clerk_instance=ins_1": 5, "deletion_brake_max clerk_instance=ins_1": 5,
	})
}

// TestFinishedActionsDoNotCount finishes the oldest of three actions and removes another.
func TestFinishedActionsDoNotCount(t *testing.T) {
	t.Parallel()
	action := func(minutes int, condition string) *v1alpha1.ClerkUserAction {
		a := &v1alpha1.ClerkUserAction{ObjectMeta: metav1.ObjectMeta{Namespace: "team", CreationTimestamp: at(minutes)}}
		if condition != "" {
			a.Status.Conditions = []metav1.Condition{{Type: condition, Status: metav1.ConditionTrue}}
		}
		return a
	}
	c := newTestCollector()
	counted := of("actions_unfinished", "actions_oldest_unfinished_timestamp_seconds")
	fill(c, action(1, ""), action(2, ""), action(3, ""), action(0, v1alpha1.ConditionFailed), action(0, v1alpha1.ConditionComplete))
	expect(t, c, counted, map[string]float64{"actions_unfinished": 3, "actions_oldest_unfinished_timestamp_seconds": float64(since(1))})
	eventHandler(c.actions).OnUpdate(action(1, ""), action(1, v1alpha1.ConditionComplete))
	expect(t, c, counted, map[string]float64{"actions_unfinished": 2, "actions_oldest_unfinished_timestamp_seconds": float64(since(2))})
	eventHandler(c.actions).OnDelete(action(2, ""))
	eventHandler(c.actions).OnDelete(action(3, ""))
	expect(t, c, counted, map[string]float64{})
}
