// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing/iotest"

	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// exchange is a request, and what the document says about it.
type exchange struct {
	// request is a copy, for the check of a message reads its body.
	request *http.Request
	body    []byte
	// operation is nil for a request that the document does not know.
	operation *operation
	// current is true if the request is for the version of the document.
	current bool
}

// receive reads a request and leaves it as it was. It returns false for what is not to be checked: a request to something else
// than the API, and one that breaks off.
func (c *Contract) receive(r *http.Request) (e *exchange, complete bool) {
	if !strings.HasPrefix(r.URL.Path, emulator.BasePath+"/") {
		return nil, false
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(err)))
		return nil, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	e = &exchange{request: r.Clone(r.Context()), body: body, current: versionOf(r) == Version}
	e.operation = c.document.find(e.request)
	return e, true
}

// versionOf returns the API version that a request asks for, or the empty string.
func versionOf(r *http.Request) string {
	if version := r.Header.Get("Clerk-Api-Version"); version != "" {
		return version
	}
	return r.URL.Query().Get("__clerk_api_version")
}

// input returns the request as the validator takes it.
func (e *exchange) input() *openapi3filter.RequestValidationInput {
	e.request.Body = io.NopCloser(bytes.NewReader(e.body))
	return &openapi3filter.RequestValidationInput{
		Request: e.request, PathParams: e.operation.parameters, Route: e.operation.Route,
		Options: &openapi3filter.Options{MultiError: true},
	}
}

// recorder passes an answer on and keeps a copy.
type recorder struct {
	http.ResponseWriter

	// status is 0 until an answer begins.
	status int
	body   bytes.Buffer
}

// Unwrap lets a handler cut the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader passes the status on.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write passes a part of the body on. What the client does not take any more is part of the answer all the same.
func (r *recorder) Write(part []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(part)
	return r.ResponseWriter.Write(part)
}
