// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// operator is what a story can see of the inside of an operator that runs: its caches, its mirrors, and what it has to do.
type operator struct {
	cache cache.Cache
	pool  *connection.Pool
	// requests is how many requests to the API server are under way, not counting watches.
	requests atomic.Int64
	// crashed is true after the end of the process was simulated: no request reaches the API server.
	crashed atomic.Bool

	mu     sync.Mutex
	queues map[string]*queue
}

var errCrashed = errors.New("this operator was killed")

// answerOfCrash is an error, and for an event the only answer that client-go neither retries nor logs.
func answerOfCrash(request *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(request.URL.Path, "/events") {
		return nil, errCrashed
	}
	const exists = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"AlreadyExists","code":409}`
	return &http.Response{
		StatusCode: http.StatusConflict, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(exists)), Request: request,
	}, nil
}

// count counts the requests to the API server that are under way.
func (o *operator) count(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if o.crashed.Load() {
			return answerOfCrash(request)
		}
		if request.URL.Query().Get("watch") == "" {
			o.requests.Add(1)
			defer o.requests.Add(-1)
		}
		return next.RoundTrip(request)
	})
}

// newQueue makes the work queue of a controller.
func (o *operator) newQueue(
	name string, limiter workqueue.TypedRateLimiter[reconcile.Request],
) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	q := &queue{
		PriorityQueue: priorityqueue.New(name, func(options *priorityqueue.Opts[reconcile.Request]) { options.RateLimiter = limiter }),
		limiter:       limiter,
		horizon:       requeueHorizon,
		waits:         map[reconcile.Request]time.Time{},
		reconciled:    map[reconcile.Request]int{},
	}
	if name == instanceController {
		q.horizon, q.periodic = driftInterval/2, true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queues[name] = q
	return q
}

// queue returns the work queue of a controller; nil before it was made.
func (o *operator) queue(name string) *queue {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queues[name]
}

// busy says what the operator does or is about to do; "" is nothing.
func (o *operator) busy(looks outlook) string {
	if n := o.requests.Load(); n > 0 {
		return fmt.Sprintf("%d requests to the API server are under way", n)
	}
	for _, name := range controllers() {
		q := o.queue(name)
		if q == nil {
			return name + " has not started"
		}
		if does := q.busy(looks); does != "" {
			return name + " " + does
		}
	}
	return ""
}

// The names of the operator's controllers.
const (
	userController     = "clerkuser"
	instanceController = "clerkinstance"
	actionController   = "clerkuseraction"
)

func controllers() []string { return []string{userController, instanceController, actionController} }

// requeueHorizon is how soon a reconciliation has to be due that is waited for. It is longer than the pause of an object that
// is reconciled in a loop. Of a ClerkInstance, one is always due within driftInterval.
const requeueHorizon = 5 * driftInterval / 2

// queue is a work queue that knows what is queued, under way and soon due.
type queue struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	limiter workqueue.TypedRateLimiter[reconcile.Request]
	horizon time.Duration
	// periodic is true if every object is reconciled again after driftInterval, whatever happens.
	periodic bool

	mu sync.Mutex
	// waits are those that were queued for a time within the horizon, and when that is.
	waits map[reconcile.Request]time.Time
	// underWay is how many are reconciled now; reconciled is how often each was.
	underWay   int
	reconciled map[reconcile.Request]int
}

// AddWithOpts queues requests.
func (q *queue) AddWithOpts(options priorityqueue.AddOpts, requests ...reconcile.Request) {
	for _, request := range requests {
		after := options
		if options.RateLimited {
			pause := q.limiter.When(request)
			if after.RateLimited = false; after.After == 0 || pause < after.After {
				after.After = pause
			}
		}
		if after.After > 0 && after.After <= q.horizon {
			q.mu.Lock()
			q.waits[request] = time.Now().Add(after.After)
			q.mu.Unlock()
		}
		q.PriorityQueue.AddWithOpts(after, request)
	}
}

// Add queues a request.
func (q *queue) Add(request reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{}, request) }

// AddAfter queues a request for later.
func (q *queue) AddAfter(request reconcile.Request, after time.Duration) {
	q.AddWithOpts(priorityqueue.AddOpts{After: after}, request)
}

// AddRateLimited queues a request that has failed.
func (q *queue) AddRateLimited(request reconcile.Request) {
	q.AddWithOpts(priorityqueue.AddOpts{RateLimited: true}, request)
}

// GetWithPriority waits for a request to be reconciled.
func (q *queue) GetWithPriority() (request reconcile.Request, priority int, shutdown bool) {
	request, priority, shutdown = q.PriorityQueue.GetWithPriority()
	if !shutdown {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.underWay++
		delete(q.waits, request)
	}
	return request, priority, shutdown
}

// Get is GetWithPriority without the priority.
func (q *queue) Get() (request reconcile.Request, shutdown bool) {
	request, _, shutdown = q.GetWithPriority()
	return request, shutdown
}

// Done says that a request was reconciled.
func (q *queue) Done(request reconcile.Request) {
	q.PriorityQueue.Done(request)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.underWay--
	q.reconciled[request]++
}

// times returns how often a request was reconciled.
func (q *queue) times(request reconcile.Request) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.reconciled[request]
}

// outlook is how far ahead somebody looks who asks whether the operator is at rest.
type outlook int

const (
	// soonDue includes every reconciliation that is due soon.
	soonDue outlook = iota
	// present leaves out those of ClerkInstances, of which one is always due, and which show in the queue when they are.
	present
)

func (q *queue) busy(looks outlook) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch n := q.Len(); {
	case q.underWay > 0:
		return fmt.Sprintf("reconciles %d objects", q.underWay)
	case n > 0:
		return fmt.Sprintf("has %d objects in its queue", n)
	}
	if looks == present && q.periodic {
		return ""
	}
	now := time.Now()
	for request, due := range q.waits {
		if due.After(now) {
			return fmt.Sprintf("reconciles %s in %s", request, due.Sub(now))
		}
	}
	return ""
}

// operators are those that run. All views of an environment share them.
type operators struct {
	// calls is how many calls to Clerk are under way.
	calls atomic.Int64

	mu  sync.Mutex
	all []*operator
}

func (o *operators) add(one *operator) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, one)
}

func (o *operators) remove(one *operator) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = slices.DeleteFunc(o.all, func(other *operator) bool { return other == one })
}

func (o *operators) running() []*operator {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.all)
}

// countCalls counts the calls to Clerk that are under way.
func (o *operators) countCalls(next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, call *http.Request) {
		o.calls.Add(1)
		defer o.calls.Add(-1)
		next.ServeHTTP(answer, call)
	})
}

// busy says what the operators do or are about to do; "" is nothing.
func (o *operators) busy(looks outlook) string {
	if n := o.calls.Load(); n > 0 {
		return fmt.Sprintf("%d calls to Clerk are under way", n)
	}
	for _, one := range o.running() {
		if does := one.busy(looks); does != "" {
			return does
		}
	}
	return ""
}
