// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// reconciliation is one reconcile of one ClerkUser: the values that its steps hand to each other. It holds no way to Clerk
// and none to the API server; each step is given what it needs of them.
type reconciliation struct {
	identity
	object
	request
	target
	inputs
	desiredState
	ownership
	progress
	outcome
}

// identity is what owner marks, bindings and digests are made with.
type identity struct {
	clusterID string
	key       binding.Key
}

// object is the ClerkUser.
type object struct {
	// user is the object with the status that it is going to have.
	user *v1alpha1.ClerkUser
	// stored is the object as the API server has it, as far as is known: patches say how user differs from it.
	stored *v1alpha1.ClerkUser
	// upToDate is true once the API server has confirmed in this reconcile that stored is the present version.
	upToDate bool
	// state is what this process remembers of the object.
	state *objectState
}

// request is what is asked of the operator.
type request struct {
	now time.Time
	// firstSeen is when this process saw first what is asked. failingSince is since when reconciles have been failing; zero if the
	// last one did not.
	firstSeen, failingSince time.Time
	// reported is true if this generation has had its result before: what differs was changed by somebody else, or in a source.
	reported bool
	// partlyApplied is true if an earlier reconcile carried out this spec except for what it could not: what differs now was changed
	// since.
	partlyApplied bool
	// pendingBefore names the fields that earlier reconciles could not carry out, by status. owedParts says it more exactly, by what this
	// process remembers; nil if that is nothing.
	pendingBefore []string
	pendingParts  map[plan.Part]bool
	// watchesSources is true if a change of a Secret or ConfigMap enqueues the objects that name it.
	watchesSources bool
}

// target is the Clerk instance that the object leads to.
type target struct {
	instance *v1alpha1.ClerkInstance
	// instanceID and environment are of the Clerk instance; "" until the ClerkInstance can be used.
	instanceID  string
	environment v1alpha1.Environment
	// mirror is the local copy of its users.
	mirror *mirror.Mirror
	// identifiers knows which objects wait for an identifier.
	identifiers *connection.Identifiers
}

// inputs is what the spec's Secrets and ConfigMaps hold, and what cannot be used of them or of the spec.
type inputs struct {
	sources source.Values
	// reads counts how often the sources were read.
	reads int
	// sourcesChanged is true if the sources hold something else than at the last result.
	sourcesChanged bool
	// sourcesErr is why some sources cannot be used, in a reconcile that carries out everything else.
	sourcesErr error
	// onlyRestricts is true if the spec cannot be carried out: then access is taken away and nothing else is done. invalid is
	// why.
	onlyRestricts bool
	specErr       error
}

// ownership is which user the object has, and what the operator added to it. It begins as status has it, and ends as status
// will have it.
type ownership struct {
	userID string
	origin v1alpha1.Origin
	record plan.Record
	// recordedBy is a time by which all that status.applied held at the beginning was on record.
	recordedBy time.Time
	// observed is the user as seen last; nil if there is none, or none that is this object's to see.
	observed *clerk.User
	// owned is true once this reconcile has seen that observed is this object's. Only then is it signed for: status.userID alone
	// may be anybody's word.
	owned bool
	// recreates is true if the user is created again after it vanished.
	recreates bool
}

// progress is what was done to the user, and what was not.
type progress struct {
	did []plan.Change
	// pending names the fields that were not carried out, once planned is true.
	pending []string
	planned bool
	// refusals counts the calls that Clerk refused. failed are the changes of the present round that it refused or did not keep,
	// and lost are those whose answer was lost.
	refusals     int
	failed, lost []plan.Change
	// failing names the first change whose call failed otherwise.
	failing string
	// notKept and contended are names of fields.
	notKept, contended []string
	// extrasAfter is when to try again to read what statusIncludes asks for; 0 is not before the next full sync.
	extrasAfter time.Duration
	events      []pendingEvent
}

// outcome is how the reconcile ended.
type outcome struct {
	// suspended, onHold and released say why it ended early: spec.suspend, a failure whose causes have not changed, or the object
	// was let go.
	suspended, backingOff, released bool
	err                             error
}

// newReconciliation begins a reconcile of an object by what its status and this process know.
func (r *Reconciler) newReconciliation(user *v1alpha1.ClerkUser, state *objectState) *reconciliation {
	now, asked := r.Now(), reconcile.Asked{Generation: user.Generation, RequestedAt: user.ReconcileRequestedAt()}
	rec := &reconciliation{
		identity: identity{clusterID: r.ClusterID, key: r.Key},
		object:   object{user: user, stored: user.DeepCopy(), state: state},
		request: request{
			now:            now,
			firstSeen:      r.objects.FirstSeen(user.UID, asked, now),
			failingSince:   r.objects.FailingSince(user.UID),
			reported:       user.Status.ObservedGeneration == user.Generation || user.Undecoded.Concern("status.observedGeneration"),
			watchesSources: r.WatchSecrets,
		},
		target:    target{identifiers: r.Pool.Identifiers()},
		ownership: ownership{userID: user.Status.UserID, origin: user.Status.Origin, record: plan.NewRecord(user.Status.Applied)},
	}
	if ready := readyCondition(user); ready != nil && ready.Status == metav1.ConditionFalse {
		rec.pendingBefore = slices.Clone(user.Status.PendingChanges)
	}
	if known := state.record.applied; user.Status.UserID == "" && known != nil {
		// Somebody removed the status. What this process knows is more than the creating call can tell.
		rec.record = plan.NewRecord(known)
	}
	rec.recordedBy = state.record.update(rec.stored.Status.Applied, now)
	return rec
}

func (r *reconciliation) uid() string { return string(r.user.UID) }

// mark is the owner mark of this object. A user without an origin yet is one to be created.
func (r *reconciliation) mark() plan.Mark {
	origin := r.origin
	if origin == "" {
		origin = v1alpha1.OriginCreated
	}
	return MarkOf(r.clusterID, r.user, origin)
}

// MarkOf returns the owner mark of a ClerkUser of a cluster.
func MarkOf(clusterID string, user *v1alpha1.ClerkUser, origin v1alpha1.Origin) plan.Mark {
	return plan.Mark{
		Cluster:   clusterID,
		Namespace: user.Namespace,
		Name:      user.Name,
		UID:       string(user.UID),
		Origin:    origin,
	}
}

// subject is whom a binding of this object is about.
func (r *reconciliation) subject(userID string) binding.Subject {
	return binding.Subject{ClusterID: r.clusterID, UID: r.uid(), InstanceID: r.instanceID, UserID: userID}
}

// signed reports whether status carries the operator's own signature for this user.
func (r *reconciliation) signed(userID string) bool {
	status := r.user.Status
	return status.UserID == userID && r.key.Valid(status.Binding, r.subject(userID))
}

// reconcileRequested reports whether the annotation asks for a fresh look.
func (r *reconciliation) reconcileRequested() bool {
	return r.user.ReconcileRequestedAt() != r.user.Status.LastHandledReconcileAt
}

// loadPending takes over what is remembered of earlier reconciles of this spec.
func (r *reconciliation) loadPending() {
	fields := r.fields()
	r.pendingParts, r.partlyApplied = fields.pending, fields.pending != nil
}

// isDrift reports whether what differs was changed by somebody else at Clerk: neither the spec nor its sources changed.
func (r *reconciliation) isDrift() bool { return (r.reported || r.partlyApplied) && !r.sourcesChanged }

// liftsLock reports whether locked: false lifts any lock now, which it does once.
func (r *reconciliation) liftsLock() bool {
	return (!r.reported && !r.partlyApplied || r.wasPending(plan.Part{Field: plan.FieldLocked})) && !r.fields().unlocked
}

// wasPending reports whether a part has been declared for some time and could not be carried out so far: what changes it now is no
// correction of what somebody else has changed.
func (r *reconciliation) wasPending(part plan.Part) bool {
	if r.pendingParts != nil {
		return r.pendingParts[part]
	}
	return slices.Contains(r.pendingBefore, part.Field)
}

// fields is what is remembered of the fields under what is declared now: a source with another value is another request.
func (r *reconciliation) fields() *fieldState {
	declared := r.sources.Digest
	if !r.sources.Complete {
		declared = r.user.Status.InputsDigest
	}
	return r.state.fieldsOf(r.user.Generation, declared)
}

// backOffInputs are what a lasting failure of this reconcile depends on.
func (r *reconciliation) backOffInputs() backOffInputs {
	c := backOffInputs{
		generation:  r.user.Generation,
		requestedAt: r.user.ReconcileRequestedAt(),
		deleting:    !r.user.DeletionTimestamp.IsZero(),
		sources:     r.sources.Digest,
		instanceID:  r.instanceID,
	}
	if r.userID == "" {
		// What only a creating call uses is not read once there is a user.
		c.sources += r.sources.InitialDigest
	}
	if r.instance != nil {
		c.instanceGeneration = r.instance.Generation
	}
	return c
}

// justCreated reports whether this reconcile created the user; the annotation then holds what was added.
func (r *reconciliation) justCreated() bool {
	return slices.ContainsFunc(r.did, func(c plan.Change) bool {
		_, ok := c.(plan.Create)
		return ok
	})
}

// differing names the fields of the spec that were not carried out.
func (r *reconciliation) differing() []string {
	return slices.DeleteFunc(slices.Clone(r.pending), func(field string) bool { return field == plan.FieldOwnerMark })
}

// driftFields names the fields of changes that somebody else has changed at Clerk, sorted.
func (r *reconciliation) driftFields(did []plan.Change) []string {
	if !r.isDrift() {
		return nil
	}
	var foreign []string
	for _, part := range partsOf(did) {
		if !r.wasPending(part) && !slices.Contains(foreign, part.Field) {
			foreign = append(foreign, part.Field)
		}
	}
	slices.Sort(foreign)
	return foreign
}

// inBackOff returns the error of an earlier reconcile that is not worth repeating yet.
func (r *reconciliation) inBackOff() error {
	if r.state.backOff.Left(r.backOffInputs(), r.now) == 0 {
		return nil
	}
	r.backingOff = true
	return r.state.backOff.Err
}

// nextBackOff is the back-off after the lasting failure of this reconcile. One that stands is not prolonged.
func (r *reconciliation) nextBackOff() *backOff {
	inputs := r.backOffInputs()
	if r.state.backOff.Left(inputs, r.now) > 0 {
		return r.state.backOff
	}
	return r.state.backOff.Next(reconcile.AfterLastingFailures(), inputs, r.err, r.now)
}

// countAtBrake counts what is about to be done to the user, or pauses it.
func (r *reconciliation) countAtBrake(ctx context.Context, b brake.Brake, userID string) error {
	if r.state.counted == userID {
		return nil
	}
	request := brake.Request{
		Instance: r.instance, InstanceID: r.instanceID, Environment: r.environment, UserID: userID, Now: r.now, Since: r.pausedSince(),
	}
	counted, err := b.Count(ctx, request)
	if _, full := errors.AsType[*reconcile.Problem](err); full {
		r.state.pause(r.now)
	}
	if counted {
		r.state.counted = userID
	}
	return err
}

// pausedSince is when that was asked for which the brake may pause: a deletion when the object was deleted, a re-creation when it
// was paused first. Zero: it was not.
func (r *reconciliation) pausedSince() time.Time {
	if at := r.user.DeletionTimestamp; at != nil {
		return at.Time
	}
	return r.state.pausedAt
}
