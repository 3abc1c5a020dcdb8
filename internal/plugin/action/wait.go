// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// wait waits for the end of an action.
type wait struct{ watcher cli.Watcher }

// pause is the time between the end of a watch and the next.
const pause = time.Second

// errDeleted says that the object was deleted while somebody waited for its end.
var errDeleted = errors.New("the ClerkUserAction was deleted")

// run returns nil once the action has finished. The object then is as it was last.
func (w wait) run(ctx context.Context, object *v1alpha1.ClerkUserAction) error {
	for {
		if err := w.read(ctx, object); err != nil || end(object) != nil {
			return err
		}
		if err := w.watch(ctx, object); err != nil || end(object) != nil {
			return err
		}
		pausing := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			pausing.Stop()
			return ctx.Err()
		case <-pausing.C:
		}
	}
}

func (w wait) read(ctx context.Context, object *v1alpha1.ClerkUserAction) error {
	current := &v1alpha1.ClerkUserAction{}
	err := w.watcher.Get(ctx, client.ObjectKeyFromObject(object), current)
	switch {
	case cli.IsAbsent(err) || err == nil && current.UID != object.UID:
		return errDeleted
	case err != nil:
		return explain(err, "get", object)
	}
	update(object, current)
	return nil
}

// watch takes over changes of the object until it has finished, or the watch ends.
func (w wait) watch(ctx context.Context, object *v1alpha1.ClerkUserAction) error {
	changes, err := w.watcher.Watch(ctx, &v1alpha1.ClerkUserActionList{}, client.InNamespace(object.Namespace),
		client.MatchingFields{"metadata.name": object.Name},
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: object.ResourceVersion}})
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return nil
	}
	if err != nil {
		return explain(err, "watch", object)
	}
	defer changes.Stop()
	for change := range changes.ResultChan() {
		current, is := change.Object.(*v1alpha1.ClerkUserAction)
		switch {
		case !is:
			return nil // An error that ends the watch; the next read tells.
		case change.Type == watch.Deleted:
			return errDeleted
		}
		if update(object, current); end(object) != nil {
			return nil
		}
	}
	return ctx.Err()
}

func explain(err error, verb string, object *v1alpha1.ClerkUserAction) error {
	return cli.Explain(err, cli.Request{Verb: verb, Resource: "clerkuseractions", Namespace: object.Namespace, Name: object.Name})
}

// update takes over the present state of an object.
func update(object, current *v1alpha1.ClerkUserAction) {
	kind := object.TypeMeta
	*object = *current
	object.TypeMeta = kind
}

// end returns the condition with which the action finished; nil if it has not.
func end(object *v1alpha1.ClerkUserAction) *metav1.Condition {
	for i, c := range object.Status.Conditions {
		if c.Status == metav1.ConditionTrue && (c.Type == v1alpha1.ConditionComplete || c.Type == v1alpha1.ConditionFailed) {
			return &object.Status.Conditions[i]
		}
	}
	return nil
}

// unfinished says why nobody waits any longer for an action that has not finished, what it waits for, and that it goes on.
func unfinished(ctx context.Context, object *v1alpha1.ClerkUserAction, err error, timeout time.Duration) error {
	name := "clerkuseraction/" + object.Name
	state := ""
	if len(object.Status.Conditions) > 0 {
		c := object.Status.Conditions[0]
		state = fmt.Sprintf(" (%s: %s)", cli.Line(c.Reason), cli.Line(c.Message))
	}
	goesOn := fmt.Sprintf("the action%s goes on; see: kubectl clerk why %s -n %s", state, name, object.Namespace)
	switch {
	case errors.Is(err, errDeleted):
		return fmt.Errorf("%s was deleted before it finished; the events of ClerkUser %s say whether it was carried out", name, object.Spec.UserRef.Name)
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted: %s; to cancel what has not started: kubectl delete %s -n %s", goesOn, name, object.Namespace)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s has not finished within %s: %s", name, timeout, goesOn)
	default:
		return fmt.Errorf("waiting for %s: %w; %s", name, err, goesOn)
	}
}
