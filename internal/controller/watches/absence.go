// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/clerk-operator/clerk-operator/internal/requestpath"
)

// absencePause is the time between two attempts to watch a namespace that is gone. Somebody may create it again.
const absencePause = time.Minute

// absent reports whether a request was refused because its namespace is gone, and with it the Role that allowed the request.
func (w *Watches) absent(ctx context.Context, path *requestpath.Path, err error) bool {
	namespace := path.Namespace()
	return apierrors.IsForbidden(err) && w.Gone != nil && namespace != "" && w.Gone(ctx, namespace)
}

// noObjects returns the list of a namespace that is gone.
func (w *Watches) noObjects(object runtime.Object) (runtime.Object, error) {
	if _, ok := object.(*metav1.PartialObjectMetadata); ok {
		return &metav1.PartialObjectMetadataList{}, nil
	}
	kind, err := apiutil.GVKForObject(object, w.Scheme)
	if err != nil {
		return nil, fmt.Errorf("building an empty list: %w", err)
	}
	list, err := w.Scheme.New(kind.GroupVersion().WithKind(kind.Kind + "List"))
	if err != nil {
		return nil, fmt.Errorf("building an empty list: %w", err)
	}
	return list, nil
}

// pause returns a watch of a namespace that is gone. An informer that wants the present objects from a watch gets the error, and lists
// instead.
func (w *Watches) pause(watching *request, path *requestpath.Path, options metav1.ListOptions, err error) (watch.Interface, error) {
	if options.SendInitialEvents != nil {
		return nil, err
	}
	w.succeeded(watching)
	w.Logger.V(1).Info("a watched namespace does not exist or is being deleted; it is watched again later",
		"namespace", path.Namespace(), "kind", watching.kind, "after", absencePause.String())
	return newPause(absencePause), nil
}

// pause is a watch without events. When it ends, the informer watches again.
type pause struct {
	events chan watch.Event
	end    func()
	timer  *time.Timer
}

func newPause(d time.Duration) *pause {
	p := &pause{events: make(chan watch.Event)}
	p.end = sync.OnceFunc(func() { close(p.events) })
	p.timer = time.AfterFunc(d, p.end)
	return p
}

// ResultChan returns a channel that is closed at the end of the pause.
func (p *pause) ResultChan() <-chan watch.Event { return p.events }

// Stop ends the pause.
func (p *pause) Stop() {
	p.timer.Stop()
	p.end()
}
