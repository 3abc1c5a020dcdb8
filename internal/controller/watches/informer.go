// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/clerk-operator/clerk-operator/internal/requestpath"
)

// newInformer returns an informer whose lists and watches are observed. A watch error handler is not enough: it is not
// notified when a request succeeds again, and it is not called while the API server refuses connections.
func (w *Watches) newInformer(
	lw toolscache.ListerWatcher, object runtime.Object, resync time.Duration, indexers toolscache.Indexers,
) toolscache.SharedIndexInformer {
	from := toolscache.ToListerWatcherWithContext(lw)
	listing, watching := w.newRequests(object)
	return toolscache.NewSharedIndexInformer(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			ctx, path := requestpath.Follow(ctx)
			list, err := from.ListWithContext(ctx, options)
			if w.absent(ctx, path, err) {
				list, err = w.noObjects(object)
			}
			w.answered(listing, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			ctx, path := requestpath.Follow(ctx)
			source, err := from.WatchWithContext(ctx, options)
			if w.absent(ctx, path, err) {
				return w.pause(watching, path, options, err)
			}
			if !refusesInitialEvents(err, options) {
				w.answered(watching, err)
			}
			if err != nil {
				return nil, err
			}
			return newStream(source, func(e watch.Event) { w.observe(listing, e) }), nil
		},
	}, object, resync, indexers)
}

// refusesInitialEvents reports whether an API server refused a watch because it cannot begin with the present objects. The informer
// lists them instead.
func refusesInitialEvents(err error, options metav1.ListOptions) bool {
	return options.SendInitialEvents != nil && apierrors.IsInvalid(err)
}

func (w *Watches) answered(r *request, err error) {
	if err == nil {
		w.succeeded(r)
	} else {
		w.failed(r, err)
	}
}

// observe observes an event of a watch. A watch that begins with the present objects is also a list, which is complete at a certain
// bookmark. An object that does not decode ends the watch with an error.
func (w *Watches) observe(listing *request, e watch.Event) {
	switch e.Type {
	case watch.Error:
		w.failed(listing, apierrors.FromObject(e.Object))
	case watch.Bookmark:
		if object, err := meta.Accessor(e.Object); err == nil && object.GetAnnotations()[metav1.InitialEventsAnnotationKey] == "true" {
			w.succeeded(listing)
		}
	case watch.Added, watch.Modified, watch.Deleted:
	}
}

// expected reports whether an error is part of normal operation: an expired version, after which the informer lists
// again, or the end of the process. The end of a connection is never reported here.
func expected(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || errors.Is(err, context.Canceled)
}
