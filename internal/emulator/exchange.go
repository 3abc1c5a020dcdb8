// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"path"
	"strings"
	"time"
)

// maxBody is the maximum size of a request body except uploads, in bytes; a larger one is answered with 413.
const maxBody = 1 << 20

// ServeHTTP serves the API under BasePath and the control requests under ControlPath.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == ControlPath || strings.HasPrefix(r.URL.Path, ControlPath+"/") {
		s.control.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxUpload+1))
	if err != nil {
		// The client disconnected in the middle of its request, so the request never arrived.
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	entry := s.openEntry(r, body)
	fault := s.faults.forRequest(entry)
	if fault != nil {
		entry.Fault = fault.ID
	}
	s.exchange(w, r, &entry, fault)
}

// openEntry adds the journal entry of a request.
func (s *Server) openEntry(r *http.Request, body []byte) Entry {
	entry := Entry{
		Time: s.clock.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
		Version: requestedVersion(r), UserAgent: r.UserAgent(), Body: body,
	}
	if len(body) > maxBody {
		// A copy, so that the rest of an upload is not kept.
		entry.Body = bytes.Clone(body[:maxBody])
	}
	if key, bearer := bearerToken(r); bearer {
		if c, found := s.credential(key); found {
			entry.Instance, entry.KeyID = c.instance.id, c.id
		}
	}
	return s.journal.open(entry)
}

// exchange answers a request, with its fault if that is not nil. It completes the entry before it sends the answer, so
// that a client that has the answer finds the entry complete.
func (s *Server) exchange(w http.ResponseWriter, r *http.Request, entry *Entry, fault *armed) {
	s.wait(r.Context(), s.latency, nil)
	if fault != nil {
		s.wait(r.Context(), fault.Delay, fault.gone)
	}
	answer := newAnswer()
	if fault == nil || !fault.replaces() || fault.AfterApplying {
		s.call(answer, r)
		entry.Applied = entry.Write() && answer.status < http.StatusMultipleChoices
	}
	if fault == nil || !fault.replaces() {
		entry.Status = answer.status
		s.journal.complete(*entry)
		answer.send(w)
		return
	}
	s.applyFault(w, r, entry, fault, answer)
}

// applyFault applies a fault that replaces the answer.
func (s *Server) applyFault(w http.ResponseWriter, r *http.Request, entry *Entry, fault *armed, answer *answer) {
	if fault.Cut || fault.Hang {
		s.journal.complete(*entry)
		if fault.Hang {
			s.hang(r.Context(), fault.gone)
		}
		cut(w)
		return
	}
	body, contentType := fault.answer()
	if fault.AnotherUser != "" {
		body, contentType = s.aboutAnother(entry, fault.AnotherUser), contentTypeJSON
	}
	if fault.Status != 0 {
		answer.status = fault.Status
	}
	answer.header = fault.header(contentType)
	answer.body.Reset()
	answer.body.Write(body)
	entry.Status = answer.status
	s.journal.complete(*entry)
	answer.send(w)
}

// call carries the request out at the API. A path that is not clean gets the answer of an unknown route, because the
// router would redirect it and Clerk does not.
func (s *Server) call(w *answer, r *http.Request) {
	if path.Clean(r.URL.Path) != r.URL.Path {
		s.authenticated(unserved).ServeHTTP(w, r)
		return
	}
	s.api.ServeHTTP(w, r)
}

// wait waits for d by the machine's clock, or until the client disconnects, the server is closed or gone is closed.
func (s *Server) wait(ctx context.Context, d time.Duration, gone <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closed:
	case <-gone:
	}
}

// hang waits until the client disconnects, the server is closed or gone is closed.
func (s *Server) hang(ctx context.Context, gone <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-s.closed:
	case <-gone:
	}
}

// cut closes the connection in the middle of the status line, which no client accepts as an answer. Without any byte,
// Go's client would repeat a GET by itself.
func cut(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(connection, "HTTP/1.1 ")
	_ = connection.Close()
}

// answer is a response that is kept until a fault is applied to it or not.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func newAnswer() *answer { return &answer{status: http.StatusOK, header: http.Header{}} }

// Header returns the headers that will be sent.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader sets the status that will be sent.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write adds to the body that will be sent.
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (a *answer) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes())
}
