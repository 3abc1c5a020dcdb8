// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// Field managers of kubectl apply.
const (
	clientSideManager = "kubectl-client-side-apply"
	serverSideManager = "kubectl"
)

// dryRunWorkers is how many dry runs are under way at the same time.
const dryRunWorkers = 8

// randomLetters is the length of the random part of a name that nothing has.
const randomLetters = 10

// applyKind is a kind of apply.
type applyKind struct {
	// serverSide is true for server-side apply by the field manager; force takes fields from other managers.
	serverSide, force bool
	manager           string
}

// dryRun asks the API server what it would store.
type dryRun struct {
	cluster cli.DryRunner
	kind    applyKind
	// absent are the namespaces that come with the manifests and do not exist yet. Their objects are validated in the namespace
	// standIn.
	absent  map[string]*corev1.Namespace
	standIn string
}

// outcome is the answer to the dry run of one manifest.
type outcome struct {
	manifest manifest
	// live is the object in the cluster; nil if there is none.
	live *unstructured.Unstructured
	// stored is the object as it would be stored; nil if it is refused.
	stored *unstructured.Unstructured
	// err is why it is refused.
	err error
	// note says what the answer does not take into account; "" is nothing.
	note string
}

// all runs the manifests and returns their outcomes, in their order. done is called after each. The error says why the API server
// answers nothing about the manifests.
func (d dryRun) all(ctx context.Context, objects []manifest, done func(n int)) ([]outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes := make([]outcome, len(objects))
	var count atomic.Int64
	workqueue.ParallelizeUntil(ctx, dryRunWorkers, len(objects), func(i int) {
		o := d.one(ctx, objects[i])
		if unanswered(o.err) {
			resource := strings.ToLower(objects[i].GetKind()) + "s"
			cancel(cli.Explain(o.err, cli.Request{Verb: "patch", Resource: resource, Namespace: objects[i].GetNamespace(), Name: objects[i].GetName()}))
		}
		outcomes[i] = o
		done(int(count.Add(1)))
	})
	if ctx.Err() != nil {
		return nil, fmt.Errorf("asking the API server for a dry run: %w", context.Cause(ctx))
	}
	return outcomes, nil
}

// unanswered reports whether an error says nothing about the object that was sent.
func unanswered(err error) bool {
	_, noAnswer := errors.AsType[*url.Error](err)
	return noAnswer || apierrors.IsUnauthorized(err) || apierrors.IsTooManyRequests(err) || apierrors.IsServiceUnavailable(err) ||
		apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err)
}

func (d dryRun) one(ctx context.Context, object manifest) outcome {
	result := outcome{manifest: object}
	if d.absent[object.GetNamespace()] != nil {
		result.stored, result.note, result.err = d.elsewhere(ctx, object)
		return result
	}
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(object.GroupVersionKind())
	switch err := d.cluster.Get(ctx, client.ObjectKeyFromObject(object), live); {
	case apierrors.IsNotFound(err):
		result.stored, result.err = d.create(ctx, object)
		return result
	case err != nil:
		result.err = fmt.Errorf("reading it: %w", err)
		return result
	}
	result.live = live
	result.note = d.leftovers(live)
	result.stored, result.err = d.change(ctx, object, live)
	return result
}

// create asks what a new object would be stored as.
func (d dryRun) create(ctx context.Context, object manifest) (*unstructured.Unstructured, error) {
	if d.kind.serverSide {
		return d.apply(ctx, object)
	}
	return d.createIn(ctx, object.GetNamespace(), object.GetName(), object)
}

func (d dryRun) createIn(ctx context.Context, namespace, name string, object manifest) (*unstructured.Unstructured, error) {
	sent, err := annotated(object.Unstructured)
	if err != nil {
		return nil, err
	}
	sent.SetNamespace(namespace)
	sent.SetName(name)
	if err := d.cluster.Create(ctx, sent, client.FieldOwner(d.kind.manager), strict()); err != nil {
		return nil, fmt.Errorf("creating it: %w", err)
	}
	return sent, nil
}

// change asks what an object would be changed to.
func (d dryRun) change(ctx context.Context, object manifest, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if d.kind.serverSide {
		return d.apply(ctx, object)
	}
	sent, err := annotated(object.Unstructured)
	if err != nil {
		return nil, err
	}
	patch, err := mergePatch(sent, live)
	if err != nil || string(patch) == noChange {
		return live, err
	}
	stored := live.DeepCopy()
	if err := d.cluster.Patch(ctx, stored, client.RawPatch(types.MergePatchType, patch), client.FieldOwner(d.kind.manager), strict()); err != nil {
		return nil, fmt.Errorf("changing it: %w", err)
	}
	return stored, nil
}

// apply asks what server-side apply would store.
func (d dryRun) apply(ctx context.Context, object manifest) (*unstructured.Unstructured, error) {
	data, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	options := []client.PatchOption{client.FieldOwner(d.kind.manager), strict()}
	if d.kind.force {
		options = append(options, client.ForceOwnership)
	}
	stored := object.DeepCopy()
	if err := d.cluster.Patch(ctx, stored, client.RawPatch(types.ApplyPatchType, data), options...); err != nil {
		return nil, fmt.Errorf("applying it: %w", err)
	}
	return stored, nil
}

// elsewhere validates an object whose namespace does not exist yet: it is created, in the dry run, in another namespace.
func (d dryRun) elsewhere(ctx context.Context, object manifest) (*unstructured.Unstructured, string, error) {
	stored, err := d.createIn(ctx, d.standIn, object.GetName(), object)
	if apierrors.IsAlreadyExists(err) {
		stored, err = d.createIn(ctx, d.standIn, "clerk-diff-"+rand.String(randomLetters), object)
	}
	switch {
	case apierrors.IsForbidden(err):
		return object.DeepCopy(), "the namespace does not exist yet, and you may not create objects in namespace " + d.standIn +
			", so that the API server has not validated the object", nil
	case err != nil:
		return nil, "", err
	}
	stored.SetNamespace(object.GetNamespace())
	stored.SetName(object.GetName())
	return stored, "the namespace does not exist yet; the API server has validated the object in namespace " + d.standIn, nil
}

// leftovers says which fields that left the manifest stay in an object, or may: each kind of apply removes what it applied itself. It
// is "" if all leave.
func (d dryRun) leftovers(live *unstructured.Unstructured) string {
	_, clientSide := live.GetAnnotations()[corev1.LastAppliedConfigAnnotation]
	managers := appliers(live)
	switch {
	case d.kind.serverSide && clientSide && !slices.Contains(managers, d.kind.manager):
		return "kubectl apply without --server-side made it: fields that left the manifest are not shown as removed"
	case d.kind.serverSide || clientSide:
		return ""
	case len(managers) > 0:
		return fmt.Sprintf("%s made it by server-side apply: fields that left the manifest are shown as removed only with "+
			"--server-side --force-conflicts --field-manager %s", managers[0], managers[0])
	}
	return "kubectl apply did not make it: fields that are not in the manifest stay"
}

// appliers returns the field managers that applied an object by server-side apply.
func appliers(live *unstructured.Unstructured) []string {
	var managers []string
	for _, entry := range live.GetManagedFields() {
		if entry.Operation == metav1.ManagedFieldsOperationApply && entry.Subresource == "" {
			managers = append(managers, entry.Manager)
		}
	}
	return managers
}

// strict has the API server refuse unknown fields, as kubectl apply has.
func strict() client.FieldValidation { return client.FieldValidation(metav1.FieldValidationStrict) }
