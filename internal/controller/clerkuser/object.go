// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// errGoneOrRebound: the object no longer exists, or another process bound it to a user other than the created one.
var errGoneOrRebound = errors.New("the object is gone, or bound to another user")

// statusTries limits how often a status is written again after conflicts with edits.
const statusTries = 3

// objectPatcher writes the ClerkUser.
type objectPatcher struct {
	*reconciliation
	client client.Client
	// apiReader reads from the API server what a cache may have in an old version.
	apiReader client.Reader
	// states records each write, so that older copies of the object are recognized.
	states objectStates
}

// ensureFinalizer adds the finalizer and the annotation of the next creating call, if they are missing. The optimistic lock
// protects the list of finalizers, which has other owners and is replaced as a whole. It also stops a reconciliation of an old
// copy here, before it creates anything.
func (o objectPatcher) ensureFinalizer(ctx context.Context, next *creation.Attempt) error {
	before := o.user.DeepCopy()
	controllerutil.AddFinalizer(o.user, v1alpha1.Finalizer)
	if next != nil {
		text, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("writing annotation %s: %w", v1alpha1.AnnotationCreating, err)
		}
		if o.user.Annotations == nil {
			o.user.Annotations = map[string]string{}
		}
		o.user.Annotations[v1alpha1.AnnotationCreating] = string(text)
	}
	if equality.Semantic.DeepEqual(before.ObjectMeta, o.user.ObjectMeta) {
		return nil
	}
	if err := o.patchMetadata(ctx, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	o.upToDate = true
	if next != nil && creation.Of(before) == nil {
		o.state.attempt.annotated = true
	}
	return nil
}

// patchMetadata writes changes of the metadata. The patch contains the resource version, so that it fails if the object has
// changed since it was read.
func (o objectPatcher) patchMetadata(ctx context.Context, patch client.Patch) error {
	status := o.user.Status
	if err := o.client.Patch(ctx, o.user, patch); err != nil {
		return err
	}
	o.stored = o.user.DeepCopy()
	o.user.Status = status
	o.states.Wrote(o.user)
	return nil
}

// dropAttempt removes the annotation of the creating call, if Clerk refused every call and the failure is not retried soon. The
// deletion of the object then needs neither its ClerkInstance nor Clerk, even after a restart. It returns the failure. If the
// patch fails, the next reconciliation repeats it.
func (o objectPatcher) dropAttempt(ctx context.Context, failure error) error {
	if o.userID != "" || !o.state.attempt.nothingCreated() || o.user.Annotations[v1alpha1.AnnotationCreating] == "" || !lasting(failure) {
		return failure
	}
	if o.states.transferred(o.user.UID) {
		// The annotation leads to the transferred user now.
		return failure
	}
	if err := o.patchMetadata(ctx, withoutAttempt(o.user)); err != nil {
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			o.logRepeated(ctx, "the annotation of a refused creating call is not removed; it is tried again", "ClerkUser "+o.uid(), err)
		}
	}
	return failure
}

// withoutAttempt returns the patch that removes the annotation of the creating call. It names that annotation. The difference to a
// copy without it would be null for all annotations if the copy has no others, and the cache does not hold all of them.
func withoutAttempt(user *v1alpha1.ClerkUser) client.Patch {
	return client.RawPatch(types.MergePatchType, fmt.Appendf(nil,
		`{"metadata":{"resourceVersion":%q,"annotations":{%q:null}}}`, user.ResourceVersion, v1alpha1.AnnotationCreating))
}

// lasting reports whether a failure stops retries until something changes or a long time has passed.
func lasting(failure error) bool {
	if found, ok := errors.AsType[*reconcile.Problem](failure); ok {
		return found.BackOff
	}
	_, rejected := clerk.Rejected(failure)
	return rejected || clerk.Unauthorized(failure)
}

// removeFinalizer removes the finalizer, so that the API server can remove the object.
func (o objectPatcher) removeFinalizer(ctx context.Context) error {
	before := o.user.DeepCopy()
	if !controllerutil.RemoveFinalizer(o.user, v1alpha1.Finalizer) {
		return nil
	}
	// The optimistic lock protects the list of finalizers, which has other owners and is replaced as a whole.
	err := o.client.Patch(ctx, o.user, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return o.notReleased(err)
	}
	if err == nil && len(o.user.Finalizers) > 0 {
		// Somebody else holds the object.
		o.states.Wrote(o.user)
	}
	return nil
}

// confirmPresent checks that this reconciliation works on the version of the object that the API server has. Another process
// may have bound or released the user meanwhile; it must not be created again.
func (o objectPatcher) confirmPresent(ctx context.Context) error {
	live, err := o.readLive(ctx)
	if err != nil {
		return err
	}
	if live == nil || live.UID != o.user.UID || live.ResourceVersion != o.user.ResourceVersion || !live.DeletionTimestamp.IsZero() {
		return reconcile.ErrOutdated
	}
	o.upToDate = true
	return nil
}

// confirmDeleted reads the object from the API server: an old copy must not delete the user of a new object of that name. The
// deletion policy is also read there, since people change it while an object is being deleted.
func (o objectPatcher) confirmDeleted(ctx context.Context) error {
	live, err := o.readLive(ctx)
	if err != nil {
		return err
	}
	if live == nil || live.UID != o.user.UID || live.DeletionTimestamp.IsZero() {
		return reconcile.ErrOutdated
	}
	if len(live.Undecoded.Of(removalFields()...)) > 0 {
		return reconcile.ErrOutdated
	}
	o.user.Spec.DeletionPolicy = live.Spec.DeletionPolicy
	return nil
}

// readLive reads the object from the API server; nil if it does not exist.
func (o objectPatcher) readLive(ctx context.Context) (*v1alpha1.ClerkUser, error) {
	live := &v1alpha1.ClerkUser{}
	err := o.apiReader.Get(ctx, client.ObjectKeyFromObject(o.user), live)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the object live: %w", err)
	}
	return live, nil
}

// recordIntent writes status.applied and the binding before the calls that they describe. It fails if the object was edited
// since it was read. Otherwise the rest of the reconciliation would count for the new spec.
func (o objectPatcher) recordIntent(ctx context.Context) error {
	o.fillBinding()
	err := o.patchStatus(ctx)
	if apierrors.IsNotFound(err) {
		return reconcile.ErrOutdated
	}
	return err
}

// confirmRecord checks that entries are still on record before their values are written to Clerk again. An old copy may show
// entries that another process has removed since. Nobody would remove their values from Clerk then.
func (o objectPatcher) confirmRecord(ctx context.Context, do []plan.Change) error {
	var alone plan.Record
	if _, changes := alone.Begin(o.desired, do); o.upToDate || !changes {
		return nil
	}
	return o.confirmPresent(ctx)
}

// patchStatusAsObserved writes status, unless somebody else wrote it since this reconciliation read it. Edits of spec and
// metadata are no conflict: conditions have the generation that they describe.
func (o objectPatcher) patchStatusAsObserved(ctx context.Context) error {
	for range statusTries {
		err := o.patchStatus(ctx)
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
		if err := o.adoptEdits(ctx, err); err != nil {
			return err
		}
	}
	return reconcile.ErrOutdated
}

// patchStatus writes status if it changed. The patch contains the resource version. An older record must not replace what
// another leader has recorded, since only status.applied shows what has to be removed later.
func (o objectPatcher) patchStatus(ctx context.Context) error {
	rewritten := undecoded.InStatus(o.user.Undecoded, recordFields()...)
	if len(rewritten) == 0 && equality.Semantic.DeepEqual(o.stored.Status, o.user.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(o.stored, client.MergeFromWithOptimisticLock{})
	if err := o.client.Status().Patch(ctx, o.user, undecoded.Rewriting(patch, rewritten)); err != nil {
		return fmt.Errorf("writing status: %w", err)
	}
	o.stored, o.upToDate = o.user.DeepCopy(), true
	o.states.Wrote(o.user)
	o.state.record.update(o.stored.Status.Applied, o.now)
	return nil
}

// adoptEdits uses the current resource version if only spec and metadata changed since this reconciliation read the object.
// Otherwise it returns the conflict, or errGoneOrRebound.
func (o objectPatcher) adoptEdits(ctx context.Context, conflict error) error {
	live, err := o.readLive(ctx)
	if err != nil {
		return err
	}
	if live == nil || live.UID != o.user.UID {
		return errGoneOrRebound
	}
	if o.justCreated() && live.Status.UserID != "" && live.Status.UserID != o.userID {
		return errGoneOrRebound
	}
	if !equality.Semantic.DeepEqual(live.Status, o.stored.Status) {
		return conflict
	}
	o.stored.ResourceVersion = live.ResourceVersion
	return nil
}

// notReleased is the error for a finalizer that the API server refuses to remove. If a value has a type for which a validation
// rule fails, the API server accepts only a change that corrects the value.
func (o objectPatcher) notReleased(err error) error {
	paths := o.user.Undecoded.Of("spec")
	if len(paths) == 0 || !apierrors.IsInvalid(err) {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonDeletionBlocked,
		Message: "the API server refuses to remove the finalizer before the spec is corrected: " + undecoded.SpecMessage("clerkuser", paths),
		Stalled: true,
	}
}
