// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package contract checks requests to Clerk, and answers of the emulator, against the OpenAPI document that Clerk
// publishes for its Backend API. Tests wrap the emulator with it. So the operator's requests and the emulator's answers
// are checked by Clerk's own description and not by our assumptions.
//
// The document is not part of this repository; [Find] says where it is searched. Tests run without it, and print that
// nothing was checked.
package contract

import (
	"net/http"
	"slices"
	"sync"
)

// Version is the API version of the document, and the only one that is checked.
const Version = "2026-05-12"

// Contract is Clerk's document and the violations found so far. It is safe for concurrent use.
type Contract struct {
	document *document

	mu         sync.Mutex
	seen       int
	violations []Violation
}

// Load reads the document at the path. A file that is not Clerk's document for [Version] is an error.
func Load(path string) (*Contract, error) {
	d, err := readDocument(path)
	if err != nil {
		return nil, err
	}
	return &Contract{document: d}, nil
}

// Wrap returns a handler that calls next and checks each request below the API's base path, and its answer.
//
// It does not check an answer that a fault of the emulator made, or the answer to a request for another API version; it
// checks the request. It ignores incomplete requests and answers.
func (c *Contract) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, complete := c.receive(r)
		if !complete {
			next.ServeHTTP(w, r)
			return
		}
		c.checkRequest(e)
		copied := &recorder{ResponseWriter: w}
		next.ServeHTTP(copied, r)
		c.checkAnswer(e, copied)
	})
}

// Violations returns the violations so far, without duplicates, in the order of their first occurrence.
func (c *Contract) Violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Exchanges returns the number of requests checked so far.
func (c *Contract) Exchanges() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen
}

func (c *Contract) count() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen++
}

// note adds a violation unless an equal one is recorded.
func (c *Contract) note(v Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.violations, v) {
		c.violations = append(c.violations, v)
	}
}
