// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/contract"
)

// minimal is the shortest text that counts as Clerk's document.
const minimal = `openapi: 3.0.3
info: {title: Clerk, version: '2026-05-12'}
paths:
  /users/{user_id}:
    get: {responses: {'200': {description: d}}}
  /users/{user_id}/oauth_access_tokens/{provider}:
    get: {responses: {'200': {description: d, content: {application/json: {schema: {type: array, items: {}}}}}}}
components:
  responses:
    ClerkErrors: {description: d}
`

func TestFetchKeepsOnlyTheDocument(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		kept   bool
	}{
		"TheDocument":     {200, minimal, true},
		"AnotherDocument": {200, strings.Replace(minimal, "2026-05-12", "2025-11-10", 1), false},
		"NotFound":        {404, minimal, false},
		"HTML":            {200, "<html>", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			t.Cleanup(served.Close)
			dir := filepath.Join(t.TempDir(), "cache")
			path := filepath.Join(dir, "document.yml")
			err := fetch(t.Context(), served.URL, path)
			text, _ := os.ReadFile(path)
			if (err == nil) != test.kept || (string(text) == test.body) != test.kept {
				t.Errorf("fetch() = %v, %d bytes are kept", err, len(text))
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "fetched-*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestFetchReplacesNothingByWhatIsNot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "document.yml")
	if err := keep(strings.NewReader(minimal), path); err != nil {
		t.Fatal(err)
	}
	if err := keep(strings.NewReader("<html>"), path); err == nil {
		t.Error("a page was taken for the document")
	}
	if _, err := contract.Load(path); err != nil {
		t.Errorf("what was there is lost: %v", err)
	}
}

func TestWithoutAnAddressNothingIsFetched(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "CLERK_OPENAPI_URL") {
		t.Errorf("run() = %v, want to be told how to say it", err)
	}
}
