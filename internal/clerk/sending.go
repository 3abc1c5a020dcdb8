// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// sending follows a request until it has a connection. A transport that does not report connections counts as one that sends.
type sending struct {
	// mayLeave is called when the request has a connection. If it returns an error, nothing is sent.
	mayLeave func() error
	cancel   context.CancelCauseFunc

	asked, got atomic.Bool
	// refusal is the error of mayLeave; nil if it returned none.
	refusal atomic.Pointer[error]
}

// follow returns a context for a request, and how far the request came. The caller must end the context.
func follow(ctx context.Context, mayLeave func() error) (context.Context, *sending) {
	s := &sending{mayLeave: mayLeave}
	ctx, s.cancel = context.WithCancelCause(ctx)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { s.asked.Store(true) },
		GotConn: func(info httptrace.GotConnInfo) { s.connected(info.Conn) },
	}), s
}

// connected is called before the transport writes to the connection. The wait for a connection can outlast the lease.
func (s *sending) connected(conn net.Conn) {
	if err := s.mayLeave(); err != nil {
		s.refusal.Store(&err)
		s.cancel(err)
		// HTTP/2 looks at the context before it writes. HTTP/1 need not, and its connection serves no other request.
		if !multiplexed(conn) {
			_ = conn.Close()
		}
		return
	}
	s.got.Store(true)
}

func multiplexed(conn net.Conn) bool {
	encrypted, ok := conn.(*tls.Conn)
	return ok && encrypted.ConnectionState().NegotiatedProtocol == "h2"
}

// sent reports whether anything may have reached the server.
func (s *sending) sent() bool { return s.got.Load() || !s.asked.Load() }

// end ends the context.
func (s *sending) end() { s.cancel(nil) }

// refused is the error of mayLeave; nil if it returned none.
func (s *sending) refused() error {
	if err := s.refusal.Load(); err != nil {
		return *err
	}
	return nil
}
