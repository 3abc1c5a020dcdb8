// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// reconciliation is one reconciliation of one ClerkUser: the values that its steps share. It has no client for Clerk or for the
// API server. Each step gets the clients that it needs.
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

	// failures counts failures that repeat, for the log.
	failures *logging.Failures
}

// identity has the values from which owner marks, bindings and digests are made.
type identity struct {
	clusterID string
	key       Signer
}

// object is the ClerkUser.
type object struct {
	// user is the object. Its status is the one that report will write.
	user *v1alpha1.ClerkUser
	// stored is the last known version on the API server. Patches contain the difference between stored and user.
	stored *v1alpha1.ClerkUser
	// upToDate is true after the API server has confirmed in this reconciliation that stored is the current version.
	upToDate bool
	// state is what this process remembers of the object.
	state *objectState
}

// request is what the object asks for.
type request struct {
	now time.Time
	// firstSeen is when this process first saw this request. failingSince is when reconciliations began to fail; it is zero if
	// the last one did not fail.
	firstSeen, failingSince time.Time
	// reported is true if this generation already has a final result. Any difference then comes from a change at Clerk or in a
	// source.
	reported bool
	// partlyApplied is true if an earlier reconciliation applied this spec except for some parts. Any other difference then
	// comes from a later change.
	partlyApplied bool
	// pendingBefore has the fields in status.pendingChanges. pendingParts has the same as this process remembers it, in finer
	// detail; it is nil if this process remembers nothing.
	pendingBefore []string
	pendingParts  map[plan.Part]bool
	// applyWindow is as in reconcile.Tools.
	applyWindow time.Duration
	// watchesSources is true if a change of a Secret or ConfigMap enqueues the objects that name it.
	watchesSources bool
}

// target is the Clerk instance that the object uses.
type target struct {
	instance *v1alpha1.ClerkInstance
	// instanceID and environment describe the Clerk instance. They are empty until the ClerkInstance is ready.
	instanceID  string
	environment v1alpha1.Environment
	// mirror is the local copy of the instance's users.
	mirror *mirror.Mirror
	// identifiers records which objects wait for an identifier.
	identifiers *connection.Identifiers
}

// inputs has the values from Secrets and ConfigMaps, and the errors of sources and spec.
type inputs struct {
	sources source.Values
	// reads counts how often the sources were read.
	reads int
	// sourcesChanged is true if the sources have other values than at the last result.
	sourcesChanged bool
	// sourcesErr is why some sources cannot be used. The reconciliation applies everything else.
	sourcesErr error
	// onlyRestricts is true if the spec is invalid. Then only a declared ban or lock is applied. specErr is the reason.
	onlyRestricts bool
	specErr       error
}

// ownership is the user that the object has, and what the operator added to that user. It starts with the values in status and
// ends with the values for status.
type ownership struct {
	userID string
	origin v1alpha1.Origin
	record plan.Record
	// recordedBy is a time at which all entries that status.applied had at the start were on record.
	recordedBy time.Time
	// observed is the user as last seen; nil if there is no user or the object may not see it.
	observed *clerk.User
	// owned is true after this reconciliation has verified that observed belongs to this object. Only then is the binding
	// signed: anybody may have written status.userID.
	owned bool
	// recreates is true if a vanished user is created again.
	recreates bool
}

// progress is what was and was not done to the user.
type progress struct {
	did []plan.Change
	// removed are the changes that were made because the object is deleted or gone.
	removed []plan.Change
	// pending has the fields that were not applied. It is valid if planned is true.
	pending []string
	planned bool
	// refusals counts the calls that Clerk refused. failed has the changes of the current round that Clerk refused or ignored.
	// lost has the changes whose answers were lost.
	refusals     int
	failed, lost []plan.Change
	// failing is the first change whose call failed for another reason.
	failing string
	// notKept and contended are names of fields.
	notKept, contended []string
	// extrasAfter is when to read the lists of statusIncludes again; 0 means at the next full sync.
	extrasAfter time.Duration
	events      []pendingEvent
}

// outcome is how the reconciliation ended.
type outcome struct {
	// enqueues names the objects that this one enqueues.
	enqueues []types.NamespacedName
	// suspended, backingOff and released are reasons for an early end: spec.suspend is true, an earlier failure is still in
	// back-off, or the finalizer was removed.
	suspended, backingOff, released bool
	err                             error
}

// newReconciliation starts a reconciliation with the object's status and the remembered state.
func (r *Reconciler) newReconciliation(user *v1alpha1.ClerkUser, state *objectState) *reconciliation {
	now, asked := r.Now(), reconcile.Asked{Generation: user.Generation, RequestedAt: user.ReconcileRequestedAt()}
	rec := &reconciliation{
		identity: identity{clusterID: r.ClusterID, key: r.Key},
		failures: r.Failures,
		object:   object{user: user, stored: user.DeepCopy(), state: state},
		request: request{
			now:            now,
			firstSeen:      r.objects.FirstSeen(user.UID, asked, now),
			failingSince:   r.objects.FailingSince(user.UID),
			reported:       user.Status.ObservedGeneration == user.Generation || user.Undecoded.Concern("status.observedGeneration"),
			applyWindow:    r.ApplyWindow,
			watchesSources: r.WatchSecrets,
		},
		target:    target{identifiers: r.Pool.Identifiers()},
		ownership: ownership{userID: user.Status.UserID, origin: user.Status.Origin, record: plan.NewRecord(user.Status.Applied)},
	}
	if ready := readyCondition(user); ready != nil && ready.Status == metav1.ConditionFalse {
		rec.pendingBefore = slices.Clone(user.Status.PendingChanges)
	}
	if known := state.record.applied; user.Status.UserID == "" && known != nil {
		// Somebody removed the status. The remembered record is more complete than the annotation of the creating call.
		rec.record = plan.NewRecord(known)
	}
	if state.unrecorded != nil {
		// Another process may have removed it from the record, because its own calls were refused.
		rec.record.Merge(*state.unrecorded)
	}
	rec.recordedBy = state.record.update(rec.stored.Status.Applied, now)
	return rec
}

func (r *reconciliation) uid() string { return string(r.user.UID) }

// mark is the owner mark of this object. Without an origin it is the mark for a user that is to be created.
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

// subject is the subject of this object's binding to a user.
func (r *reconciliation) subject(userID string) binding.Subject {
	return binding.Subject{ClusterID: r.clusterID, UID: r.uid(), InstanceID: r.instanceID, UserID: userID}
}

// signed reports whether status has the operator's own signature for this user.
func (r *reconciliation) signed(userID string) bool {
	status := r.user.Status
	return status.UserID == userID && r.key.Valid(status.Binding, r.subject(userID))
}

// reconcileRequested reports whether the annotation requests a reconcile that is not handled yet.
func (r *reconciliation) reconcileRequested() bool {
	return r.user.ReconcileRequestedAt() != r.user.Status.LastHandledReconcileAt
}

// loadPending loads what earlier reconciliations of this spec did not apply.
func (r *reconciliation) loadPending() {
	fields := r.fields()
	r.pendingParts, r.partlyApplied = fields.pending, fields.pending != nil
}

// isDrift reports whether differences come from changes at Clerk: neither the spec nor its sources changed.
func (r *reconciliation) isDrift() bool { return (r.reported || r.partlyApplied) && !r.sourcesChanged }

// liftsLock reports whether locked: false lifts any lock now, which happens once for each spec.
func (r *reconciliation) liftsLock() bool {
	return (!r.reported && !r.partlyApplied || r.wasPending(plan.Part{Field: plan.FieldLocked})) && !r.fields().unlocked
}

// wasPending reports whether an earlier reconciliation could not apply a declared part. Applying it now does not correct
// somebody else's change.
func (r *reconciliation) wasPending(part plan.Part) bool {
	if r.pendingParts != nil {
		return r.pendingParts[part]
	}
	return slices.Contains(r.pendingBefore, part.Field)
}

// fields is the remembered state of the fields for the current request. Other values in the sources are another request.
func (r *reconciliation) fields() *fieldState {
	declared := r.sources.Digest
	if !r.sources.Complete {
		declared = r.user.Status.InputsDigest
	}
	return r.state.fieldsOf(r.user.Generation, declared)
}

// backOffInputs are the inputs on which a lasting failure of this reconciliation depends.
func (r *reconciliation) backOffInputs() backOffInputs {
	c := backOffInputs{
		generation:  r.user.Generation,
		requestedAt: r.user.ReconcileRequestedAt(),
		deleting:    !r.user.DeletionTimestamp.IsZero(),
		sources:     r.sources.Digest,
		instanceID:  r.instanceID,
	}
	if r.userID == "" {
		// Once there is a user, the sources that only a creating call uses are not read.
		c.sources += r.sources.InitialDigest
	}
	if r.instance != nil {
		c.instanceGeneration = r.instance.Generation
	}
	return c
}

// justCreated reports whether this reconciliation created the user. The annotation of the creating call then records what was
// added.
func (r *reconciliation) justCreated() bool {
	return slices.ContainsFunc(r.did, func(c plan.Change) bool {
		_, ok := c.(plan.Create)
		return ok
	})
}

// differing has the fields of the spec that were not applied.
func (r *reconciliation) differing() []string {
	return slices.DeleteFunc(slices.Clone(r.pending), func(field string) bool { return field == plan.FieldOwnerMark })
}

// driftFields has the fields of these changes that somebody else had changed at Clerk, sorted.
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

// inBackOff returns the error of an earlier reconciliation whose back-off has not ended.
func (r *reconciliation) inBackOff() error {
	if r.state.backOff.Left(r.backOffInputs(), r.now) == 0 {
		return nil
	}
	r.backingOff = true
	return r.state.backOff.Err
}

// nextBackOff is the back-off after the lasting failure of this reconciliation: of this length, or for 0 a growing one. A current
// back-off is not extended.
func (r *reconciliation) nextBackOff(length time.Duration) *backOff {
	inputs := r.backOffInputs()
	if r.state.backOff.Left(inputs, r.now) > 0 {
		return r.state.backOff
	}
	if length > 0 {
		return &backOff{Inputs: inputs, Err: r.err, Delay: length, Until: r.now.Add(length)}
	}
	return r.state.backOff.Next(reconcile.AfterLastingFailures(), inputs, r.err, r.now)
}

// countAtBrake counts a removal or recreation of the user at the deletion brake, and puts a pending deletion on record. It fails if
// the brake pauses it.
func (r *reconciliation) countAtBrake(ctx context.Context, b brake.Brake, userID string, pending *v1alpha1.PendingDeletion) error {
	if r.state.removal().counted == userID && pending == nil {
		return nil
	}
	request := brake.Request{
		Instance: r.instance, InstanceID: r.instanceID, Environment: r.environment, UserID: userID, Now: r.now, Since: r.pausedSince(),
		Pending: pending,
	}
	counted, err := b.Count(ctx, request)
	if _, full := errors.AsType[*reconcile.Problem](err); full {
		r.state.pause(r.now)
	}
	if counted {
		r.state.removal().counted = userID
	}
	return err
}

// pausedSince is when the operation that the brake may pause was requested. For a deletion this is the deletion time of the
// object, for a recreation the time of the first pause. Zero: the brake has not paused the object.
func (r *reconciliation) pausedSince() time.Time {
	if at := r.user.DeletionTimestamp; at != nil {
		return at.Time
	}
	return r.state.removal().pausedAt
}
