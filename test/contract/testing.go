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

// Enforce returns next with the contract around it: the test fails at its end for each way in which a request or an answer
// broke it. Give it to a server that is closed by the test's cleanup, so that no exchange is open when that is asked. Where the
// document is not found, next is returned as it is, and the process says so once on stderr.
func Enforce(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	return enforce(t, next, Request, Answer)
}

// EnforceAnswers does so for answers alone, for tests that send wrong requests on purpose.
func EnforceAnswers(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	return enforce(t, next, Answer)
}

// Need returns a contract that has seen nothing, and skips the test where the document is not found.
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

// find returns a contract that has seen nothing, or nil where the document is not found.
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

// readOnce reads the document that [Find] finds. All tests of a process share it, for reading it takes as long as some of them.
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
