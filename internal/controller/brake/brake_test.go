// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

const (
	testNamespace  = "team-a"
	testInstanceID = "ins_2Unit"
)

// start is when every test of this package begins.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func newTestInstance() *v1alpha1.ClerkInstance {
	return &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "default", UID: "instance-uid", Generation: 1},
		Spec:       v1alpha1.ClerkInstanceSpec{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"}},
	}
}

// newTestBrake returns a brake in a cluster of these objects.
func newTestBrake(t *testing.T, objects ...client.Object) Brake {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.ClerkInstance{}).Build()
	return Brake{
		Client: cluster, APIReader: cluster, Pool: connection.NewPool(func() time.Time { return start }), Locks: NewLocks(),
	}
}

// through is a request for a user through one of the ClerkInstances.
func through(instance client.Object, userID string) Request {
	return Request{
		Instance: instance.(*v1alpha1.ClerkInstance), InstanceID: testInstanceID, Environment: v1alpha1.EnvironmentProduction,
		UserID: userID, Now: start,
	}
}

func TestBrakeCountsInAWindow(t *testing.T) {
	t.Parallel()
	const window = 10 * time.Minute
	since := func(ago time.Duration, count int32) *v1alpha1.DeletionCount {
		return &v1alpha1.DeletionCount{Since: metav1.NewTime(start.Add(-ago)), Count: count}
	}
	tests := map[string]struct {
		have *v1alpha1.DeletionCount
		want *v1alpha1.DeletionCount
		full bool
	}{
		"First":                     {nil, since(0, 1), false},
		"Second":                    {since(time.Minute, 1), since(time.Minute, 2), false},
		"LastAllowed":               {since(time.Minute, 2), since(time.Minute, 3), false},
		"OneTooMany":                {since(time.Minute, 3), since(time.Minute, 3), true},
		"FarTooMany":                {since(time.Minute, 300), since(time.Minute, 300), true},
		"LastMomentOfTheWindow":     {since(window-time.Nanosecond, 3), since(window-time.Nanosecond, 3), true},
		"WindowIsOver":              {since(window, 3), since(0, 1), false},
		"WindowIsLongOver":          {since(24*time.Hour, 3), since(0, 1), false},
		"WindowBeginsInTheFuture":   {since(-time.Minute, 3), since(-time.Minute, 3), true},
		"WindowWithoutACount":       {since(time.Minute, 0), since(time.Minute, 1), false},
		"WindowWithANegativeCount":  {since(time.Minute, -5), since(time.Minute, 1), false},
		"WindowWithoutABeginningIs": {&v1alpha1.DeletionCount{Count: 3}, since(0, 1), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, full := nextCount(tc.have, recorded(tc.have), start, 3, window)
			if full != tc.full || got.Count != tc.want.Count || !got.Since.Equal(&tc.want.Since) {
				t.Errorf("next is %+v, full %t; want %+v, %t", got, full, *tc.want, tc.full)
			}
		})
	}
}

// recorded leaves out what is not recorded.
func recorded(counts ...*v1alpha1.DeletionCount) []*v1alpha1.DeletionCount {
	return slices.DeleteFunc(counts, func(c *v1alpha1.DeletionCount) bool { return c == nil })
}

func TestReleaseOfWhatWasAskedForBefore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		asked   time.Duration
		release string
		want    bool
	}{
		"NoRelease":                     {0, "", false},
		"ReleaseAfterTheDeletion":       {0, "2026-03-04T05:06:08Z", true},
		"ReleaseInTheSameSecond":        {0, "2026-03-04T05:06:07Z", true},
		"ReleaseOfTheSecondThatBegan":   {999 * time.Millisecond, "2026-03-04T05:06:07Z", true},
		"ReleaseOfTheSecondBefore":      {time.Second, "2026-03-04T05:06:07Z", false},
		"ReleaseBeforeTheDeletion":      {0, "2026-03-04T05:06:06Z", false},
		"ReleaseInAnotherZone":          {0, "2026-03-04T06:06:08+01:00", true},
		"ReleaseThatIsEarlierThanItRds": {0, "2026-03-04T05:06:08+01:00", false},
		"ReleaseThatIsNoTime":           {0, "now", false},
		"ReleaseThatIsADate":            {0, "2026-03-05", false},
		"ReleaseTrue":                   {0, "true", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance()
			if tc.release != "" {
				instance.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: tc.release}
			}
			if got := ReleasedSince(instance, start.Add(tc.asked)); got != tc.want {
				t.Errorf("released is %t, want %t", got, tc.want)
			}
		})
	}
}

// A release allows what was requested before it, and nothing else.
func TestReleasedRequestIsNotCounted(t *testing.T) {
	t.Parallel()
	full := newTestInstance()
	full.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1)}
	full.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 1}
	full.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: start.Format(time.RFC3339)}
	b := newTestBrake(t, full)
	for since, want := range map[time.Time]bool{start: true, start.Add(time.Second): false, {}: false} {
		request := through(full, "user_1")
		request.Since = since
		if counted, err := b.Count(t.Context(), request); (err == nil) != want || counted {
			t.Errorf("asked for at %s: %v, want it released: %t", since, err, want)
		}
	}
}

func TestHeldDeletionNamesTheCommand(t *testing.T) {
	t.Parallel()
	err := held(types.NamespacedName{Namespace: "platform", Name: "prod"}, 10, 10*time.Minute)
	const want = "kubectl annotate clerkinstance -n platform prod --overwrite " +
		"clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	if !strings.HasSuffix(err.Error(), want) {
		t.Errorf("the message %q does not end with the command", err)
	}
}

// A development instance has no brake unless its owner sets one, so that its status is neither read nor written.
func TestInstanceWithoutABrakeCountsNothing(t *testing.T) {
	t.Parallel()
	b, request := newTestBrake(t), through(newTestInstance(), "user_1")
	request.Environment = v1alpha1.EnvironmentDevelopment
	if counted, err := b.Count(t.Context(), request); err != nil || counted {
		t.Errorf("a development instance brakes: %v", err)
	}
	request.Environment = v1alpha1.EnvironmentProduction
	request.Instance.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)}
	if counted, err := b.Count(t.Context(), request); err != nil || counted {
		t.Errorf("a brake that is switched off brakes: %v", err)
	}
}

// sharing are ClerkInstances of one Clerk instance, and one of another.
func sharing(limits ...v1alpha1.DeletionBrake) []client.Object {
	var objects []client.Object
	for i := range limits {
		instance := newTestInstance()
		if i > 0 {
			instance.Name, instance.UID = fmt.Sprintf("instance-%d", i), types.UID(fmt.Sprintf("instance-uid-%d", i))
		}
		instance.Spec.DeletionBrake = &limits[i]
		instance.Status.InstanceID = testInstanceID
		objects = append(objects, instance)
	}
	stranger := newTestInstance()
	stranger.Name, stranger.Status.InstanceID = "stranger", "ins_stranger"
	stranger.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1)}
	stranger.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 1000}
	return append(objects, stranger)
}

func limit(maxCount int32, window time.Duration) v1alpha1.DeletionBrake {
	return v1alpha1.DeletionBrake{MaxCount: &maxCount, Window: &metav1.Duration{Duration: window}}
}

func TestStrictestBrakeHoldsForAll(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		limits []v1alpha1.DeletionBrake
		max    int32
		window time.Duration
	}{
		"One":                  {[]v1alpha1.DeletionBrake{limit(3, time.Minute)}, 3, time.Minute},
		"SmallestCount":        {[]v1alpha1.DeletionBrake{limit(5, time.Minute), limit(3, time.Minute)}, 3, time.Minute},
		"LongestWindow":        {[]v1alpha1.DeletionBrake{limit(3, time.Hour), limit(5, time.Minute)}, 3, time.Hour},
		"OfDifferentInstances": {[]v1alpha1.DeletionBrake{limit(3, time.Minute), limit(5, time.Hour)}, 3, time.Hour},
		"NoLimitOfItsOwn":      {[]v1alpha1.DeletionBrake{limit(0, time.Hour), limit(5, time.Minute)}, 5, time.Minute},
		"NobodyHasOne":         {[]v1alpha1.DeletionBrake{limit(0, time.Hour), limit(0, time.Minute)}, 0, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := sharing(tc.limits...)
			b := newTestBrake(t, objects...)
			for _, own := range objects[:len(objects)-1] {
				found, err := b.sharing(t.Context(), through(own, "user_1"))
				if err != nil {
					t.Fatal(err)
				}
				if got, window := strictest(found, v1alpha1.EnvironmentProduction); got != tc.max || window != tc.window {
					t.Errorf("through %s the limit is %d in %s, want %d in %s", own.GetName(), got, window, tc.max, tc.window)
				}
			}
		})
	}
}

// TestStatusCountsUntilTheKeyIsChecked has a ClerkInstance whose status names the Clerk instance of another one. Right after a start it
// may be true: what was counted before the restart holds. Later it may be forged.
func TestStatusCountsUntilTheKeyIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		check func(*connection.Pool, types.NamespacedName)
		held  bool
	}{
		"NotChecked": {func(*connection.Pool, types.NamespacedName) {}, true},
		"OfTheClerkInstance": {func(p *connection.Pool, name types.NamespacedName) {
			p.Join(name, testInstanceID, connection.Terms{})
		}, true},
		"RejectedLater": {func(p *connection.Pool, name types.NamespacedName) {
			p.Join(name, testInstanceID, connection.Terms{})
			p.Set(name, connection.State{Problem: "rejected"})
		}, true},
		"NoKey": {func(p *connection.Pool, name types.NamespacedName) { p.Set(name, connection.State{Problem: "no key"}) }, false},
		"OfAnother": {func(p *connection.Pool, name types.NamespacedName) {
			p.Join(name, "ins_other", connection.Terms{})
		}, false},
		"OfAnotherNow": {func(p *connection.Pool, name types.NamespacedName) {
			p.Join(name, testInstanceID, connection.Terms{})
			p.Join(name, "ins_other", connection.Terms{})
		}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := sharing(limit(10, time.Hour), limit(1, time.Hour))
			claims := objects[1].(*v1alpha1.ClerkInstance)
			claims.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 77}
			claims.Spec.DeletionDelay = &metav1.Duration{Duration: time.Hour}
			b, request := newTestBrake(t, objects...), through(objects[0], "user_1")
			b.Pool.Join(client.ObjectKeyFromObject(objects[0]), testInstanceID, connection.Terms{})
			tc.check(b.Pool, client.ObjectKeyFromObject(claims))
			if counted, err := b.Count(t.Context(), request); (err != nil) != tc.held || counted == tc.held {
				t.Errorf("counted %t, error %v; want it held: %t", counted, err, tc.held)
			}
			if delay, err := b.Delay(t.Context(), request); err != nil || (delay == time.Hour) != tc.held {
				t.Errorf("the delay is %s (%v); want that of the other: %t", delay, err, tc.held)
			}
		})
	}
}

func TestCountsOfOneWindowAddUp(t *testing.T) {
	t.Parallel()
	const window = 10 * time.Minute
	since := func(ago time.Duration, count int32) *v1alpha1.DeletionCount {
		return &v1alpha1.DeletionCount{Since: metav1.NewTime(start.Add(-ago)), Count: count}
	}
	tests := map[string]struct {
		own, other, want *v1alpha1.DeletionCount
		full             bool
	}{
		"OthersFillIt":           {nil, since(time.Minute, 3), since(time.Minute, 0), true},
		"BothFillIt":             {since(time.Minute, 1), since(2*time.Minute, 2), since(time.Minute, 1), true},
		"OneIsLeft":              {since(time.Minute, 1), since(2*time.Minute, 1), since(time.Minute, 2), false},
		"NegativeCountOfOthers":  {since(time.Minute, 3), since(time.Minute, -100), since(time.Minute, 3), true},
		"JoinsTheWindowOfOthers": {nil, since(2*time.Minute, 1), since(2*time.Minute, 1), false},
		"OwnWindowIsOver":        {since(window, 3), since(2*time.Minute, 1), since(2*time.Minute, 1), false},
		"OthersWindowIsOver":     {since(time.Minute, 1), since(window, 3), since(time.Minute, 2), false},
		"AllWindowsAreOver":      {since(window, 3), since(window, 3), since(0, 1), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, full := nextCount(tc.own, recorded(tc.own, tc.other), start, 3, window)
			if full != tc.full || got.Count != tc.want.Count || !got.Since.Equal(&tc.want.Since) {
				t.Errorf("next is %+v, full %t; want %+v, %t", got, full, *tc.want, tc.full)
			}
		})
	}
}

func TestRecordNamesTheUsersCountedLast(t *testing.T) {
	t.Parallel()
	have := &v1alpha1.DeletionCount{}
	for i := range v1alpha1.MaxCountedUsers + 5 {
		have.Users = lastCounted(have, fmt.Sprintf("user_%d", i))
	}
	if len(have.Users) != v1alpha1.MaxCountedUsers || have.Users[0] != "user_5" {
		t.Errorf("on record are %d, the first %s", len(have.Users), have.Users[0])
	}
	if countedBefore(recorded(have), "user_4") || !countedBefore([]*v1alpha1.DeletionCount{{}, have}, "user_104") {
		t.Error("a user on record is not found, or another one is")
	}
}

// TestManyCountAtOnce makes 32 workers delete through three ClerkInstances, and once more after a restart.
func TestManyCountAtOnce(t *testing.T) {
	t.Parallel()
	const maxCount, workers = 10, 32
	objects := sharing(limit(maxCount, time.Hour), limit(20, time.Minute), limit(0, time.Minute))
	b := newTestBrake(t, objects...)
	for range 2 {
		var done sync.WaitGroup
		var went atomic.Int32
		for i := range workers {
			name := fmt.Sprintf("user-%d", i)
			request := through(objects[i%3], name)
			done.Go(func() {
				if _, err := b.Count(t.Context(), request); err == nil {
					went.Add(1)
				} else if found, ok := errors.AsType[*reconcile.Problem](err); !ok || found.Reason != v1alpha1.ReasonDeletionHeld {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		done.Wait()
		if n := went.Load(); n != maxCount {
			t.Errorf("%d of %d deletions went, want %d", n, workers, maxCount)
		}
		b.Locks = NewLocks()
	}
	total := int32(0)
	for _, o := range objects[:3] {
		instance := &v1alpha1.ClerkInstance{}
		if err := b.Client.Get(t.Context(), client.ObjectKeyFromObject(o), instance); err != nil {
			t.Fatal(err)
		}
		if instance.Status.Deletions != nil {
			total += instance.Status.Deletions.Count
		}
	}
	if total != maxCount {
		t.Errorf("%d are on record, want %d", total, maxCount)
	}
}
