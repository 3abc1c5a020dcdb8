// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listener is a Server on a socket.
type Listener struct {
	server  *Server
	address net.Addr
	http    *http.Server
	done    chan error
}

// Listen serves s at a TCP address, for example 127.0.0.1:0 for any free port, until Close.
func (s *Server) Listen(ctx context.Context, address string) (*Listener, error) {
	return s.ListenWith(ctx, address, s)
}

// ListenWith does what Listen does with another handler, which serves more than s.
func (s *Server) ListenWith(ctx context.Context, address string, handler http.Handler) (*Listener, error) {
	var config net.ListenConfig
	socket, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	l := &Listener{
		server: s, address: socket.Addr(),
		http: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
		done: make(chan error, 1),
	}
	go func() { l.done <- l.http.Serve(socket) }()
	return l, nil
}

// Address returns the server's address as host:port.
func (l *Listener) Address() string { return l.address.String() }

// URL returns the API's base URL, with /v1.
func (l *Listener) URL() string { return "http://" + l.Address() + BasePath }

// Close ends hanging requests, waits for the others until ctx ends, and closes the socket.
func (l *Listener) Close(ctx context.Context) error {
	l.server.Close()
	if err := l.http.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("closing the listener: %w", err), l.http.Close())
	}
	if err := <-l.done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
