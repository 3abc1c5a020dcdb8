// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package watches observes the lists and watches that fill the cache. If one keeps failing, work on its kind stops
// although everything else looks well. The package reports that in readiness, in metrics and in the log.
package watches

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// DefaultTolerance is how long a list or watch may fail before that is reported, so that a restart of the API server is
// not reported.
const DefaultTolerance = 15 * time.Second

// otherKind is the kind in metrics for all kinds that Config does not name.
const otherKind = "other"

// Config says what is observed, and where failures are reported.
type Config struct {
	// Scheme knows the kinds of the cache's objects.
	Scheme *runtime.Scheme
	// Kinds are the values of the metrics' label kind. A kind that is not among them counts as other.
	Kinds []string
	// Registry registers the metrics.
	Registry prometheus.Registerer
	// Logger writes one line when a kind has failed for longer than Tolerance, and one when it recovers.
	Logger logr.Logger
	// Tolerance is how long a list or watch may fail before that is reported; see DefaultTolerance.
	Tolerance time.Duration
	// Gone reports whether a namespace does not exist or is being deleted. Its lists and watches may be refused without a report,
	// because its Roles go with it. Nil counts every refusal as a failure.
	Gone func(ctx context.Context, namespace string) bool
	// Now returns the current time.
	Now func() time.Time
}

// Watches is the state of the cache's lists and watches.
type Watches struct {
	Config

	errors *prometheus.CounterVec

	mu       sync.Mutex
	requests []*request
}

// New returns a state without failures, and registers its metrics.
func New(c Config) (*Watches, error) {
	w := &Watches{Config: c, errors: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "clerk_operator_watch_errors_total",
		Help: "Number of failed lists and watches of the Kubernetes API, by kind. Expired watches are not counted.",
	}, []string{"kind"})}
	collectors := []prometheus.Collector{w.errors}
	for _, kind := range append(slices.Clone(c.Kinds), otherKind) {
		w.errors.WithLabelValues(kind)
		collectors = append(collectors, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name:        "clerk_operator_watch_failing",
			Help:        "1 if objects of this kind cannot be listed or watched, so that the operator does not notice changes of them, else 0.",
			ConstLabels: prometheus.Labels{"kind": kind},
		}, func() float64 { return w.gauge(kind) }))
	}
	for _, collector := range collectors {
		if err := c.Registry.Register(collector); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return w, nil
}

// Observe makes a cache with these options report its lists and watches here.
func (w *Watches) Observe(options *cache.Options) {
	options.NewInformer = w.newInformer
	options.DefaultWatchErrorHandler = logAttempt
}

// logAttempt replaces client-go's handler, which logs every attempt as an error.
func logAttempt(ctx context.Context, r *toolscache.Reflector, err error) {
	log.FromContext(ctx).V(1).Info("list or watch failed; it is retried", "type", r.TypeDescription(), "error", err.Error())
}

// Check returns an error that names the kinds whose objects cannot be listed or watched, and the reasons; nil if there
// are none.
func (w *Watches) Check() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var failing []string
	for _, r := range w.requests {
		if w.failing(r) {
			failing = append(failing, fmt.Sprintf("%s %s: %v", r.verb, r.kind, r.err))
		}
	}
	if len(failing) == 0 {
		return nil
	}
	slices.Sort(failing)
	return fmt.Errorf("the operator does not notice changes of objects: %s", strings.Join(slices.Compact(failing), "; "))
}

func (w *Watches) gauge(kind string) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.requests {
		if w.label(r.kind) == kind && w.failing(r) {
			return 1
		}
	}
	return 0
}

func (w *Watches) failing(r *request) bool {
	return !r.since.IsZero() && w.Now().Sub(r.since) >= w.Tolerance
}

// label returns the value of the metrics' label for a kind.
func (w *Watches) label(kind string) string {
	if slices.Contains(w.Kinds, kind) {
		return kind
	}
	return otherKind
}

// request is the list or the watch of one informer, which it repeats.
type request struct {
	kind, verb string
	// since is the time of the first failure since the last success; zero if there was none. err is the last failure.
	since time.Time
	err   error
	// reported is true after the failure was logged.
	reported bool
	// other is the watch of a list, and the list of a watch. One log line covers both.
	other *request
}

// newRequests adds the list and the watch of an informer, without failures.
func (w *Watches) newRequests(object runtime.Object) (listing, watching *request) {
	kind := otherKind
	if found, err := apiutil.GVKForObject(object, w.Scheme); err == nil {
		kind = found.Kind
	}
	listing, watching = &request{kind: kind, verb: "list"}, &request{kind: kind, verb: "watch"}
	listing.other, watching.other = watching, listing
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests = append(w.requests, listing, watching)
	return listing, watching
}

// succeeded records that a request was answered.
func (w *Watches) succeeded(r *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.reported {
		w.Logger.Info("objects can be listed and watched again", "kind", r.kind, "verb", r.verb, "failedSince", r.since)
	}
	r.since, r.err, r.reported = time.Time{}, nil, false
}

// failed records that a request failed, unless the failure is expected.
func (w *Watches) failed(r *request, err error) {
	if expected(err) {
		return
	}
	w.errors.WithLabelValues(w.label(r.kind)).Inc()
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.err = err; r.since.IsZero() {
		r.since = w.Now()
	}
	if !r.reported && !r.other.reported && w.failing(r) {
		r.reported = true
		w.Logger.Error(err, "objects cannot be listed or watched, so their changes are not noticed; the operator keeps trying",
			"kind", r.kind, "verb", r.verb, "failedSince", r.since)
	}
}
