// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package contract holds requests to Clerk, and answers that claim to be Clerk's, to the OpenAPI document that Clerk publishes
// for its Backend API. Tests put it around the emulator: what the operator sends is then checked by what Clerk says it takes,
// and what the emulator answers by what Clerk says it gives, and neither by what we believe.
//
// The document is not part of this repository; [Find] says where it is looked for. Tests run without it, and say that nothing
// was checked.
package contract

import (
	"net/http"
	"slices"
	"sync"
)

// Version is the API version whose document is wanted, and the only one that is checked.
const Version = "2026-05-12"

// Contract is Clerk's document and what was seen to break it. It is safe for concurrent use.
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

// Wrap returns a handler that lets next answer and checks each request below the API's base path, and each answer to one.
//
// An answer that a fault of the emulator made up is not checked, nor is one to a request for another API version; the request
// is. A request that does not arrive as a whole, and an answer that is cut off, are no messages and count as nothing.
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

// Violations returns what broke the contract so far, each kind of it once, in the order in which it was first seen.
func (c *Contract) Violations() []Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Exchanges returns how many requests were checked so far.
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

// note keeps a violation unless there is one like it.
func (c *Contract) note(v Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.violations, v) {
		c.violations = append(c.violations, v)
	}
}
