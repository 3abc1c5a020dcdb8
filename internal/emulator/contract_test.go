// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// contractVariable names the environment variable that holds the path of Clerk's OpenAPI document for users, version
// 2026-05-12. Where it is set, every answer in this package's tests is validated against it.
const contractVariable = "CLERK_OPENAPI"

// contract validates answers; nil validates nothing.
type contract struct {
	router routers.Router
}

var loadOnce = sync.OnceValues(func() (*contract, error) {
	path := os.Getenv(contractVariable)
	if path == "" {
		return nil, nil
	}
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	document.Servers = openapi3.Servers{{URL: emulator.BasePath}}
	router, err := gorillamux.NewRouter(document)
	if err != nil {
		return nil, err
	}
	return &contract{router: router}, nil
})

func loadContract(t *testing.T) *contract {
	t.Helper()
	c, err := loadOnce()
	if err != nil {
		t.Fatalf("loading Clerk's OpenAPI document: %v", err)
	}
	return c
}

func TestAnswersFitClerksOpenAPIDocument(t *testing.T) {
	if os.Getenv(contractVariable) == "" {
		t.Skipf("NOT CHECKED: %s does not name Clerk's OpenAPI document, so no answer was validated against it", contractVariable)
	}
	if loadContract(t) == nil {
		t.Fatal("no contract was loaded")
	}
}

func (c *contract) check(t *testing.T, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	if c == nil {
		return
	}
	route, params, err := c.router.FindRoute(request)
	if err != nil {
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 response.StatusCode, Header: response.Header,
		Body: io.NopCloser(bytes.NewReader(body)),
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s answers %d, which does not fit Clerk's document: %v", request.Method, request.URL.Path, response.StatusCode, err)
	}
}
