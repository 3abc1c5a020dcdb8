// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/clerk-operator/clerk-operator/internal/requestpath"
)

// newSecretInformer returns an informer of the metadata of Secrets in a namespace. The API server refuses every request.
func newSecretInformer(t *testing.T, o *observed, namespace string) (toolscache.SharedIndexInformer, *atomic.Int32) {
	t.Helper()
	var watches atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watch") && !r.URL.Query().Has("sendInitialEvents") {
			watches.Add(1)
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	c, err := metadata.NewForConfig(requestpath.Note(&rest.Config{Host: server.URL, QPS: -1}))
	if err != nil {
		t.Fatal(err)
	}
	secrets := c.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace)
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return o.newInformer(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return secrets.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return secrets.Watch(ctx, options)
		},
	}, object, 0, toolscache.Indexers{}), &watches
}

// TestNamespaceThatIsGone has the API server refuse the Secrets of two namespaces, of which one is gone.
func TestNamespaceThatIsGone(t *testing.T) {
	t.Parallel()
	for namespace, gone := range map[string]bool{"team-a": false, "team-b": true} {
		t.Run(namespace, func(t *testing.T) {
			t.Parallel()
			o := newObserved(t)
			o.Gone = func(_ context.Context, name string) bool { return name == "team-b" }
			informer, watches := newSecretInformer(t, o, namespace)
			go informer.RunWithContext(t.Context())
			deadline := time.Now().Add(time.Minute)
			for done := false; !done; {
				if time.Now().After(deadline) {
					t.Fatalf("waited in vain: synced: %t, %v", informer.HasSynced(), o.Check())
				}
				time.Sleep(10 * time.Millisecond)
				failures := o.metric(t, "clerk_operator_watch_errors_total other")
				done = gone && informer.HasSynced() && watches.Load() > 0 || !gone && failures > 0
			}
			o.passes(time.Hour)
			if err := o.Check(); (err == nil) != gone || informer.HasSynced() != gone {
				t.Errorf("synced: %t, and Check() = %v; the namespace is gone: %t", informer.HasSynced(), err, gone)
			}
		})
	}
}

func TestEmptyListHasTheKindOfItsObjects(t *testing.T) {
	t.Parallel()
	o := newObserved(t)
	list, err := o.noObjects(&corev1.Namespace{})
	if _, ok := list.(*corev1.NamespaceList); !ok || err != nil {
		t.Errorf("the list is %T: %v", list, err)
	}
	if list, err = o.noObjects(&metav1.Status{}); err == nil {
		t.Errorf("the list of an unknown kind is %T", list)
	}
}

func TestPauseEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		lasting, stopped := newPause(absencePause), newPause(absencePause)
		stopped.Stop()
		stopped.Stop()
		if _, open := <-stopped.ResultChan(); open || time.Since(began) > 0 {
			t.Error("the pause that was stopped goes on")
		}
		if _, open := <-lasting.ResultChan(); open || time.Since(began) != absencePause {
			t.Errorf("the pause ends after %s", time.Since(began))
		}
		lasting.Stop()
	})
}
