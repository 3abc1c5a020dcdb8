// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of the transport. Connections are reused, so their number follows the number of concurrent calls.
const (
	connectTimeout  = 5 * time.Second
	idleTimeout     = 90 * time.Second
	pingTimeout     = 15 * time.Second
	maxConnections  = 64
	maxHeaderBytes  = 64 << 10
	keepAliveProbes = 30 * time.Second
)

// NewTransport returns a transport for calls to Clerk, which several clients may share. It uses TLS 1.2 or newer,
// reuses connections and detects dead ones.
//
// It uses a proxy that the environment names (HTTPS_PROXY, NO_PROXY), because many clusters have no other connection to
// the internet. It does so for https only, through an encrypted tunnel: over plain http the proxy would read the secret
// key.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFor,
		DialContext:            (&net.Dialer{Timeout: connectTimeout, KeepAlive: keepAliveProbes}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConns:           maxConnections,
		MaxIdleConnsPerHost:    maxConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingTimeout, PingTimeout: pingTimeout},
	}
}

func proxyFor(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

// newHTTPClient returns a client that follows no redirect, because a redirect would send the secret key, and a write,
// to another server.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = NewTransport()
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
