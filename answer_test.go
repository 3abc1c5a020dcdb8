// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/internal/options"
)

func TestAnswerIsAwaited(t *testing.T) {
	none := errors.New("connection refused")
	refused := apierrors.NewForbidden(schema.GroupResource{Resource: "namespaces"}, "kube-system", nil)
	for name, tc := range map[string]struct {
		// results are those of the attempts; the last repeats. hangs has each attempt last as long as it may.
		results []error
		hangs   bool
		want    error
		took    time.Duration
	}{
		"AtOnce":      {results: []error{nil}},
		"Later":       {results: []error{none, none, nil}, took: 2 * answerInterval},
		"Refused":     {results: []error{none, refused}, want: refused, took: answerInterval},
		"Unavailable": {results: []error{apierrors.NewServiceUnavailable("starting"), apierrors.NewInternalError(none), nil}, took: 2 * answerInterval},
		"Never":       {results: []error{none}, want: none, took: answerPatience},
		"Hangs":       {results: []error{none}, hangs: true, want: none, took: answerPatience},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, asked, failures := time.Now(), 0, 0
				err := awaitAnswer(t.Context(), answerPatience, func(ctx context.Context) error {
					if tc.hangs {
						<-ctx.Done()
					}
					asked++
					return tc.results[min(asked, len(tc.results))-1]
				}, func(error) { failures++ })
				if !errors.Is(err, tc.want) || time.Since(began) != tc.took {
					t.Errorf("after %s it ends with %v, want %v after %s", time.Since(began), err, tc.want, tc.took)
				}
				if want := min(1, int(tc.took)); failures != want {
					t.Errorf("%d failures were told, want %d", failures, want)
				}
			})
		})
	}
}

func TestEndOfTheProcessEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		began := time.Now()
		err := awaitAnswer(ctx, answerPatience, func(context.Context) error { return errors.New("connection refused") }, func(error) { end() })
		if err == nil || time.Since(began) > 0 {
			t.Errorf("after %s it ends with %v", time.Since(began), err)
		}
	})
}

// TestClusterIDIsAwaited has an API server break the connection, be unavailable, and then answer.
func TestClusterIDIsAwaited(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "read", "mine": "mine"} {
		t.Run("Given"+given, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch asked.Add(1) {
				case 1:
					panic(http.ErrAbortHandler)
				case 2:
					w.WriteHeader(http.StatusBadGateway)
				default:
					w.Header().Set("Content-Type", "application/json")
					if strings.HasSuffix(r.URL.Path, "/kube-system") {
						_, _ = w.Write([]byte(`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"kube-system","uid":"read"}}`))
					}
				}
			}))
			t.Cleanup(server.Close)
			cluster, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
			if err != nil {
				t.Fatal(err)
			}
			id, err := awaitClusterID(t.Context(), cluster, options.Options{ClusterID: given})
			if err != nil || id != want || asked.Load() != 3 {
				t.Errorf("after %d attempts the id is %q: %v", asked.Load(), id, err)
			}
		})
	}
}
