// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// start checks every answer in this package's tests against Clerk's OpenAPI document. This test shows whether the
// document was found, and that a correct answer passes.
func TestAnswersAreHeldToClerksDocument(t *testing.T) {
	t.Parallel()
	c := contract.Need(t)
	server := emulator.New(emulator.Config{})
	key := server.AddInstance(emulator.InstanceConfig{}).Key()
	held := c.Wrap(server)
	for _, body := range []string{`{"email_address":["a@example.com"],"skip_password_requirement":true}`, `{"shoe_size":"a"}`} {
		request := httptest.NewRequest(http.MethodPost, emulator.BasePath+"/users", strings.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Clerk-Api-Version", contract.Version)
		request.Header.Set("Content-Type", "application/json")
		held.ServeHTTP(httptest.NewRecorder(), request)
	}
	wanted := contract.Violation{Side: contract.Request, Method: http.MethodPost, Path: "/users", What: "body/shoe_size: is not known"}
	if got := c.Violations(); c.Exchanges() != 2 || len(got) != 1 || got[0] != wanted {
		t.Errorf("%d exchanges, violations %v, want two and %v", c.Exchanges(), got, wanted)
	}
}
