// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// body records whether it was closed, which a transport must do.
type body struct {
	io.Reader

	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

func TestWritesPassWhileTheLeaseIsFresh(t *testing.T) {
	t.Parallel()
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			reads := method == http.MethodGet || method == http.MethodHead
			g, sent := newGuarded(t), 0
			carrier := g.Transport(roundTrip(func(*http.Request) (*http.Response, error) { sent++; return nil, nil }))
			try := func() (*body, error) {
				b := &body{Reader: strings.NewReader("{}")}
				r, err := http.NewRequestWithContext(t.Context(), method, "http://api/", b)
				if err != nil {
					t.Fatal(err)
				}
				_, err = carrier.RoundTrip(r) //nolint:bodyclose // there is no answer
				return b, err
			}
			if b, err := try(); !reads && (!errors.Is(err, ErrNotHeld) || !b.closed) || reads && err != nil {
				t.Errorf("before it leads: %v, body closed %t", err, b.closed)
			}
			if err := g.renew(); err != nil {
				t.Fatal(err)
			}
			sent = 0
			if _, err := try(); err != nil || sent != 1 {
				t.Errorf("while it leads: %v, sent %d times", err, sent)
			}
			g.advance(testDeadline + 1)
			if b, err := try(); !reads && (!errors.Is(err, ErrLost) || sent != 1 || !b.closed) || reads && (err != nil || sent != 2) {
				t.Errorf("after it led: %v, sent %d times, body closed %t", err, sent, b.closed)
			}
		})
	}
}
