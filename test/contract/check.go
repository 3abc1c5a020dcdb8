// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"bytes"
	"io"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// checkRequest records the violations of a request.
func (c *Contract) checkRequest(e *exchange) {
	c.count()
	blame := func(what string) {
		c.note(Violation{Side: Request, Method: e.request.Method, Path: e.template(), What: what})
	}
	if e.operation == nil {
		blame("there is no such operation")
		return
	}
	if !e.current {
		blame("it is not for API version " + Version)
		return
	}
	if scheme, key, _ := strings.Cut(e.request.Header.Get("Authorization"), " "); scheme != "Bearer" || key == "" {
		blame("it carries no key")
	}
	checkQuery(e, blame)
	for _, parameter := range e.operation.declared() {
		err := openapi3filter.ValidateParameter(e.request.Context(), e.input(), parameter.Value)
		blameAll(blame, parameter.Value.In+" "+parameter.Value.Name, err)
	}
	checkBody(e, blame)
}

// checkQuery finds what the validator ignores: parameters that the operation does not have.
func checkQuery(e *exchange, blame func(string)) {
	query, err := url.ParseQuery(e.request.URL.RawQuery)
	if err != nil {
		blame("query: is malformed")
	}
	declared := e.operation.declared()
	for name := range query {
		if declared.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			blame("query " + name + ": is not known")
		}
	}
}

func checkBody(e *exchange, blame func(string)) {
	described := e.operation.Operation.RequestBody
	if described == nil {
		if len(e.body) > 0 {
			blame("body: there must be none")
		}
		return
	}
	blameAll(blame, "body", openapi3filter.ValidateRequestBody(e.request.Context(), e.input(), described.Value))
}

// checkAnswer records the violations of an answer.
func (c *Contract) checkAnswer(e *exchange, answer *recorder) {
	invented := answer.Header().Get(emulator.FaultHeader) != ""
	if e.operation == nil || !e.current || answer.status == 0 || invented {
		return
	}
	blame := func(what string) {
		c.note(Violation{Side: Answer, Method: e.request.Method, Path: e.template(), Status: answer.status, What: what})
	}
	if responses := e.operation.Operation.Responses; responses.Status(answer.status) == nil && responses.Default() == nil {
		blame("the status is not listed")
		return
	}
	blameAll(blame, "body", openapi3filter.ValidateResponse(e.request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: e.input(),
		Status:                 answer.status,
		Header:                 answer.Header(),
		Body:                   io.NopCloser(bytes.NewReader(answer.body.Bytes())),
		Options:                &openapi3filter.Options{MultiError: true},
	}))
}

// template returns the path as in the document. For an unknown path it leaves out everything that may be an identifier.
func (e *exchange) template() string {
	if e.operation != nil {
		return e.operation.Path
	}
	segments := strings.Split(strings.TrimPrefix(e.request.URL.Path, emulator.BasePath), "/")
	for i, segment := range segments {
		if strings.Trim(segment, "abcdefghijklmnopqrstuvwxyz_") != "" {
			segments[i] = "{}"
		}
	}
	return strings.Join(segments, "/")
}

func blameAll(blame func(string), place string, err error) {
	if err == nil {
		return
	}
	for _, what := range reasons(err) {
		blame(place + what)
	}
}
