// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"slices"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// preview is one run: the copies, the operator's reconciler that works on them, and what it did.
type preview struct {
	config  Config
	clock   *clock
	cluster *cluster
	pool    *connection.Pool
	parts   clerkuser.Parts
	queue   *queue
	// simulations are the opened Clerk instances by their ids. opened are the ClerkInstances that were opened, usable or not.
	simulations map[string]*simulation
	opened      map[types.NamespacedName]bool
	// prepared are the uids of the ClerkUsers whose users were read.
	prepared map[types.UID]bool
	objects  *objects
}

func newPreview(ctx context.Context, c Config) (*preview, error) {
	now := c.Now()
	p := &preview{
		config: c, clock: &clock{start: now, now: now}, simulations: map[string]*simulation{},
		opened: map[types.NamespacedName]bool{}, prepared: map[types.UID]bool{}, objects: newObjects(),
	}
	p.pool, p.queue = connection.NewPool(p.clock.Now), newQueue(p.clock)
	copies, err := newCluster(ctx, c.Cluster)
	if err != nil {
		return nil, err
	}
	p.cluster = copies
	metrics, err := clerkuser.NewMetrics(prometheus.NewRegistry(), p.pool)
	if err != nil {
		return nil, err
	}
	key, err := p.signer()
	if err != nil {
		return nil, err
	}
	p.parts = clerkuser.New(clerkuser.Config{
		Tools: reconcile.Tools{
			Client: copies, APIReader: copies, Pool: p.pool, Recorder: p.objects, Failures: logging.NewFailures(p.clock.Now),
			Log: logr.Discard(), Now: p.clock.Now, ClusterID: c.ClusterID, ApplyWindow: reconcile.DefaultApplyWindow,
		},
		Key: key, DefaultInstance: c.DefaultInstance, Metrics: metrics,
	}).Parts()
	copies.changed = p.deliver
	copies.sources.unread = p.noteUnread
	return p, nil
}

// signer is the operator's key, or a stand-in that assumes what it cannot check.
func (p *preview) signer() (clerkuser.Signer, error) {
	if p.config.Key != nil {
		return *p.config.Key, nil
	}
	blind, err := newBlindSigner()
	if err != nil {
		return nil, err
	}
	blind.recorded, blind.assumed = p.recordedDigest, p.noteAssumption
	return blind, nil
}

// references resolves which ClerkInstance a ClerkUser uses, as the operator does.
func (p *preview) references() index.References {
	return index.References{Reader: p.cluster, Default: p.config.DefaultInstance}
}

// prepare opens the instances of ClerkUsers and reads their users, many with one call.
func (p *preview) prepare(ctx context.Context, names []types.NamespacedName) error {
	var users []*v1alpha1.ClerkUser
	for _, name := range names {
		if err := p.open(ctx, name); err != nil {
			return err
		}
		if user, found := p.cluster.users.objects[name]; found && !p.prepared[user.UID] {
			p.prepared[user.UID] = true
			users = append(users, user)
		}
	}
	for id, simulation := range p.simulations {
		if err := p.read(ctx, simulation, p.usersIn(ctx, id, users)); err != nil {
			return err
		}
	}
	return nil
}

// usersIn are those of the ClerkUsers that use a Clerk instance.
func (p *preview) usersIn(ctx context.Context, instanceID string, users []*v1alpha1.ClerkUser) []*v1alpha1.ClerkUser {
	return slices.DeleteFunc(slices.Clone(users), func(user *v1alpha1.ClerkUser) bool {
		if bound := user.Status.Instance; bound != nil && user.Status.UserID != "" {
			return bound.ID != instanceID
		}
		instance, err := p.references().Find(ctx, p.references().Names(user))
		if err != nil || instance == nil {
			return true
		}
		state, _ := p.pool.State(types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name})
		return state.Connection == nil || state.Connection.InstanceID != instanceID
	})
}

// read reads the users of ClerkUsers of one Clerk instance into its mirror, and searches for the identifiers that they do not have.
func (p *preview) read(ctx context.Context, s *simulation, users []*v1alpha1.ClerkUser) error {
	var ids []string
	for _, user := range users {
		if id := idOf(user); id != "" {
			ids = append(ids, id)
		}
	}
	if err := s.load(ctx, ids); err != nil {
		return err
	}
	var wanted []clerk.Identifier
	for _, user := range users {
		have := s.users[idOf(user)]
		p.follow(s.instanceID, user, have)
		for _, identifier := range declaredBy(user) {
			if have == nil || !plan.Holds(have, identifier) {
				wanted = append(wanted, identifier)
			}
		}
	}
	return s.search(ctx, wanted)
}

// follow puts the copy of a user into the mirror, as a listing of the operator does. A user that the list did not show is read by its
// id before anything is decided.
func (p *preview) follow(instanceID string, user *v1alpha1.ClerkUser, have *clerk.User) {
	copies, found := p.pool.Mirror(instanceID)
	if !found || user.Status.UserID == "" {
		return
	}
	if have != nil {
		copies.Read(have, p.clock.now)
	} else {
		copies.Forget(user.Status.UserID)
	}
	copies.Look(string(user.UID), user.Status.UserID)
}

// idOf is the id of the user that a ClerkUser has or names; "" if there is none.
func idOf(user *v1alpha1.ClerkUser) string {
	if user.Status.UserID == "" && user.Spec.UserID != nil {
		return *user.Spec.UserID
	}
	return user.Status.UserID
}

// declaredBy are the identifiers in a spec; none if it is invalid.
func declaredBy(user *v1alpha1.ClerkUser) []clerk.Identifier {
	desired, err := plan.FromSpec(&user.Spec, plan.Inputs{})
	if err != nil || user.Spec.Suspended() || !user.DeletionTimestamp.IsZero() {
		return nil
	}
	return desired.Identifiers()
}

// recordCall records a call for the object for which it is made.
func (p *preview) recordCall(w audit.Write, change plan.Change, before, after *clerk.User, refused error) {
	record := p.objects.of(w.Object.UID, w.Object.NamespacedName)
	call := callOf(w.UserID, change)
	call.After, call.Cause, call.Change = p.clock.elapsed(), string(w.Cause), change
	if refused != nil {
		call.Refused = refused.Error()
	} else {
		call.Fields = fieldsOf(change, before, after, record.manifest)
	}
	if before != nil && before.DirectoryManaged {
		record.note("a directory manages the user; which attributes it owns cannot be read, so Clerk may refuse more or other changes")
	}
	if last := len(record.Calls) - 1; last >= 0 && refused != nil && record.Calls[last].repeats(call) {
		// An object without a user tries again each time that another one of its namespace is gone.
		return
	}
	record.Calls = append(record.Calls, call)
}

// names are the ClerkUsers in the queue.
func (q *queue) names() []types.NamespacedName {
	var requests []ctrl.Request
	for request := range q.due {
		requests = append(requests, request)
	}
	slices.SortFunc(requests, func(a, b ctrl.Request) int { return compareNames(a.NamespacedName, b.NamespacedName) })
	var names []types.NamespacedName
	for _, request := range requests {
		names = append(names, request.NamespacedName)
	}
	return names
}
