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

// exchange is a request and its operation in the document.
type exchange struct {
	// request is a copy, because the check reads its body.
	request *http.Request
	body    []byte
	// operation is nil for a request that the document does not have.
	operation *operation
	// current is true if the request has the version of the document.
	current bool
}

// receive reads a request without changing it. complete is false for a request that is not checked: one outside the
// API, or an incomplete one.
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

// versionOf returns the API version of a request, or "".
func versionOf(r *http.Request) string {
	if version := r.Header.Get("Clerk-Api-Version"); version != "" {
		return version
	}
	return r.URL.Query().Get("__clerk_api_version")
}

// input returns the request in the validator's form.
func (e *exchange) input() *openapi3filter.RequestValidationInput {
	e.request.Body = io.NopCloser(bytes.NewReader(e.body))
	return &openapi3filter.RequestValidationInput{
		Request: e.request, PathParams: e.operation.parameters, Route: e.operation.Route,
		Options: &openapi3filter.Options{MultiError: true},
	}
}

// recorder forwards an answer and keeps a copy.
type recorder struct {
	http.ResponseWriter

	// status is 0 until an answer begins.
	status int
	body   bytes.Buffer
}

// Unwrap allows a handler to cut the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader forwards the status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write forwards a part of the body. A part that the client does not read also belongs to the answer.
func (r *recorder) Write(part []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(part)
	return r.ResponseWriter.Write(part)
}
