// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
)

// Enforce wraps next with the contract: the test fails at its end for each violation by a request or an answer. The
// server must be closed by the test's cleanup, so that no exchange is open at the check. If the document is not found,
// Enforce returns next unchanged, and the process prints that once on stderr.
func Enforce(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	return enforce(t, next, Request, Answer)
}

// EnforceAnswers is Enforce for answers only, for tests that send wrong requests on purpose.
func EnforceAnswers(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	return enforce(t, next, Answer)
}

// Need returns a new contract, and skips the test if the document is not found.
func Need(t testing.TB) *Contract {
	t.Helper()
	c := find(t)
	if c == nil {
		t.Skip(Notice)
	}
	return c
}

func enforce(t testing.TB, next http.Handler, sides ...Side) http.Handler {
	t.Helper()
	c := find(t)
	if c == nil {
		return next
	}
	t.Cleanup(func() {
		for _, v := range c.Violations() {
			for _, side := range sides {
				if v.Side == side {
					t.Error(v)
				}
			}
		}
	})
	return c.Wrap(next)
}

// find returns a new contract, or nil if the document is not found.
func find(t testing.TB) *Contract {
	t.Helper()
	d, err := readOnce()
	if err != nil {
		t.Fatal(err)
	}
	if d == nil {
		return nil
	}
	return &Contract{document: d}
}

// readOnce reads the document that [Find] finds. All tests of a process share it, because reading it takes as long as
// some of them.
//
//nolint:gochecknoglobals // it does not change after the first call
var readOnce = sync.OnceValues(func() (*document, error) {
	path, found := Find()
	if !found {
		fmt.Fprintln(os.Stderr, Notice)
		return nil, nil
	}
	return readDocument(path)
})
