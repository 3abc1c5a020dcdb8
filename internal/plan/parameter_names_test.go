// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// TestPlainFieldIsFoundByTheParameterThatIsSent sends each plain field alone: a refusal of what was sent must lead back to it.
func TestPlainFieldIsFoundByTheParameterThatIsSent(t *testing.T) {
	t.Parallel()
	for name, spec := range plainSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := map[string]any{}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
					t.Error(err)
				}
				w.WriteHeader(http.StatusUnprocessableEntity)
			}))
			defer server.Close()
			client, err := clerk.New(clerk.Config{APIURL: server.URL, Key: clerk.NewSecret("sk_test_key")})
			if err != nil {
				t.Fatal(err)
			}
			update := plan.For(mustDesire(t, spec, v1alpha1.Applied{}), ada())[0].(plan.Update)
			if _, err := client.UpdateUser(t.Context(), "user_1", update.Params); err == nil {
				t.Fatal("the refusal is no error")
			}
			var paths []string
			for parameter := range sent {
				paths = append(paths, plan.PathsOf(&clerk.Error{Param: parameter})...)
			}
			if diff := cmp.Diff([]string{"spec." + name}, paths); diff != "" {
				t.Errorf("%v was sent and leads to (-want +got):\n%s", sent, diff)
			}
		})
	}
}
