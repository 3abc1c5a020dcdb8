// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"

	"k8s.io/client-go/rest"
)

// gateway is between the operator and the API server, as a load balancer is. It can end all watches, which an API server does when
// it restarts. The operator's token passes through it.
type gateway struct {
	server *httptest.Server

	mu      sync.Mutex
	watches map[*http.Request]context.CancelFunc
}

func newGateway(admin *rest.Config) (*gateway, error) {
	target, err := url.Parse(admin.Host)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's address: %w", err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(admin))
	if err != nil {
		return nil, fmt.Errorf("connecting the gateway: %w", err)
	}
	g := &gateway{watches: map[*http.Request]context.CancelFunc{}}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorHandler:  func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	// With TLS, because a client sends no token without it.
	g.server = httptest.NewTLSServer(g.noting(proxy))
	return g, nil
}

// noting notes the watches that are open.
func (g *gateway) noting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		g.mu.Lock()
		g.watches[r] = cancel
		g.mu.Unlock()
		defer func() {
			cancel()
			g.mu.Lock()
			defer g.mu.Unlock()
			delete(g.watches, r)
		}()
		// A stream that was cut is no failure of the gateway.
		defer func() { _ = recover() }()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// endWatches ends all watches; their clients begin new ones.
func (g *gateway) endWatches() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, cancel := range g.watches {
		cancel()
	}
}

// certificate returns the certificate in PEM.
func (g *gateway) certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.server.Certificate().Raw})
}

func (g *gateway) close() {
	g.endWatches()
	g.server.CloseClientConnections()
	g.server.Close()
}
