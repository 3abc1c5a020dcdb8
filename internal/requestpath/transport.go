// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package requestpath tells the namespace to which a client sent a list or watch. An informer does not know its namespace, and the
// error of a request does not name it.
package requestpath

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"

	"k8s.io/client-go/rest"
)

// key is the key of the context in which the transport notes a request.
type key struct{}

// Path is where a request was sent.
type Path struct{ text atomic.Pointer[string] }

// Follow returns a context for a request, and its path.
func Follow(ctx context.Context) (context.Context, *Path) {
	p := &Path{}
	return context.WithValue(ctx, key{}, p), p
}

// Namespace is the namespace of the request; "" if it has none, was not sent, or if its client has no config from Note.
func (p *Path) Namespace() string {
	text := p.text.Load()
	if text == nil {
		return ""
	}
	_, after, _ := strings.Cut(*text, "/namespaces/")
	namespace, _, found := strings.Cut(after, "/")
	if !found {
		return ""
	}
	return namespace
}

// Note returns a copy of the config whose clients note the path of each request that is followed.
func Note(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return noting{next} })
	return config
}

type noting struct{ next http.RoundTripper }

// RoundTrip notes the path of a request and sends it.
func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	if p, ok := r.Context().Value(key{}).(*Path); ok {
		p.text.Store(&r.URL.Path)
	}
	return n.next.RoundTrip(r)
}

// WrappedRoundTripper returns the transport that sends the requests.
func (n noting) WrappedRoundTripper() http.RoundTripper { return n.next }
