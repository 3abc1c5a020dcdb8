// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
)

// Store writes an object into etcd under the API server, which neither checks nor completes it, so that it keeps the uid and the times
// that it had elsewhere. resource is its place, as in "clerk-operator.io/clerkusers/team-a/ann". Objects of
// CustomResourceDefinitions are stored as JSON; others are not.
func Store(t testing.TB, resource string, object []byte) {
	t.Helper()
	body, err := json.Marshal(map[string][]byte{"key": []byte("/registry/" + resource), "value": object})
	if err != nil {
		t.Fatal(err)
	}
	url := os.Getenv(etcdVariable) + "/v3/kv/put"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body)) //nolint:gosec // etcd of this test run
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // etcd of this test run
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("writing %s to etcd: %s %s %v", resource, response.Status, text, err)
	}
}
