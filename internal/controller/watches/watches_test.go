// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
)

// observed is a state with its own clock and log.
type observed struct {
	*Watches

	mu  sync.Mutex
	now time.Time
	log []string
}

func newObserved(t *testing.T) *observed {
	t.Helper()
	o := &observed{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	state, err := New(Config{
		Scheme: clientgoscheme.Scheme, Kinds: []string{"Namespace"}, Registry: prometheus.NewRegistry(), Tolerance: DefaultTolerance,
		Now: func() time.Time { o.mu.Lock(); defer o.mu.Unlock(); return o.now },
		Logger: funcr.New(func(_, args string) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.log = append(o.log, args)
		}, funcr.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Watches = state
	return o
}

// metrics are the values by name and label.
func (o *observed) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := o.Registry.(prometheus.Gatherer).Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			values[family.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func (o *observed) metric(t *testing.T, name string) float64 {
	t.Helper()
	return o.metrics(t)[name]
}

func (o *observed) passes(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *observed) wantFailing(t *testing.T, want bool) {
	t.Helper()
	err := o.Check()
	if (err != nil) != want || want && !strings.Contains(err.Error(), "list Namespace: not allowed") {
		t.Errorf("Check() = %v, want an error: %t", err, want)
	}
	if got := o.gauge("Namespace"); (got == 1) != want {
		t.Errorf("the gauge is %v, want failing: %t", got, want)
	}
}

func TestFailureIsReportedOnceWhenItLasts(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	refused := errors.New("not allowed")
	r, watching := o.newRequests(&corev1.Namespace{})
	o.failed(r, refused)
	o.wantFailing(t, false)
	o.succeeded(r)
	o.passes(time.Hour)
	o.failed(r, refused)
	o.passes(DefaultTolerance - 1)
	o.wantFailing(t, false)
	o.passes(1)
	o.wantFailing(t, true)
	o.failed(watching, refused)
	for range 3 {
		o.failed(r, refused)
	}
	o.passes(DefaultTolerance)
	o.failed(watching, refused)
	if len(o.log) != 1 || !strings.Contains(o.log[0], `"kind"="Namespace"`) || !strings.Contains(o.log[0], "not allowed") {
		t.Errorf("log: %q", o.log)
	}
	o.succeeded(watching)
	o.wantFailing(t, true)
	o.succeeded(r)
	o.wantFailing(t, false)
	if len(o.log) != 2 || !strings.Contains(o.log[1], "again") {
		t.Errorf("log: %q", o.log)
	}
	if got := o.metric(t, "clerk_operator_watch_errors_total Namespace"); got != 7 {
		t.Errorf("%v failures were counted", got)
	}
}

func TestOrdinaryErrorsAreNoFailures(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	_, r := o.newRequests(&corev1.Namespace{})
	for _, err := range []error{apierrors.NewResourceExpired("old"), fmt.Errorf("ending: %w", context.Canceled)} {
		o.failed(r, err)
	}
	o.passes(time.Hour)
	if err := o.Check(); err != nil || o.metric(t, "clerk_operator_watch_errors_total Namespace") != 0 {
		t.Errorf("Check() = %v", err)
	}
}

func TestMetricsBeginAtZeroAndStayClosed(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	listing, _ := o.newRequests(&corev1.Secret{})
	o.failed(listing, errors.New("not allowed"))
	o.passes(time.Hour)
	want := map[string]float64{
		"clerk_operator_watch_errors_total Namespace": 0, "clerk_operator_watch_errors_total other": 1,
		"clerk_operator_watch_failing Namespace": 0, "clerk_operator_watch_failing other": 1,
	}
	if diff := cmp.Diff(want, o.metrics(t)); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if _, err := New(o.Config); err == nil {
		t.Error("metrics were registered twice")
	}
}

// TestInformerRecovers runs an informer whose lists are refused at first.
func TestInformerRecovers(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	var mu sync.Mutex
	refused := true
	informer := o.newInformer(&toolscache.ListWatch{
		ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			mu.Lock()
			defer mu.Unlock()
			if refused {
				return nil, errors.New("not allowed")
			}
			return &corev1.NamespaceList{Items: []corev1.Namespace{{ObjectMeta: metav1.ObjectMeta{Name: "a"}}}}, nil
		},
		WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
			if options.SendInitialEvents != nil {
				return nil, errors.New("not supported")
			}
			return watch.NewFake(), nil
		},
	}, &corev1.Namespace{}, 0, toolscache.Indexers{})
	go informer.RunWithContext(t.Context())
	until := func(what string, reached func() bool) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for !reached() {
			if time.Now().After(deadline) {
				t.Fatalf("waited in vain: %s: %v", what, o.Check())
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	until("a failure", func() bool { return o.metric(t, "clerk_operator_watch_errors_total Namespace") > 0 })
	o.passes(time.Hour)
	until("Check", func() bool { return o.Check() != nil })
	mu.Lock()
	refused = false
	mu.Unlock()
	until("recovery", func() bool { return o.Check() == nil })
	until("the object", func() bool { return len(informer.GetStore().List()) == 1 })
}

// TestListThatIsAWatch ends a watch that begins with the present objects by an object that does not decode.
func TestListThatIsAWatch(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	listing, _ := o.newRequests(&corev1.Namespace{})
	ended := &metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonInternalError, Message: "not allowed"}
	for _, e := range []watch.Event{
		{Type: watch.Added, Object: &corev1.Namespace{}},
		{Type: watch.Error, Object: ended},
		{Type: watch.Added, Object: &corev1.Namespace{}},
		{Type: watch.Bookmark, Object: &corev1.Namespace{}},
	} {
		o.observe(listing, e)
	}
	o.passes(DefaultTolerance)
	o.wantFailing(t, true)
	o.observe(listing, watch.Event{Type: watch.Bookmark, Object: &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}},
	}})
	o.wantFailing(t, false)
}
