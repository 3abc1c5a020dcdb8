// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestUselessAnswers(t *testing.T) {
	t.Parallel()
	const clerks = `{"errors":[{"code":"resource_not_found","message":"secret words"}]}`
	page := "<html>secret words</html>"
	answered := func(status int, body, contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Location", "/secret/words")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const plain, page64K, isJSON = "text/plain", 1 << 17, "application/json"
	tests := map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"NotFoundPage":        {answered(404, page, "text/html; charset=utf-8"), "status 404 and an HTML page"},
		"NotFoundOfClerk":     {answered(404, clerks, isJSON), "status 404 resource_not_found"},
		"NotFoundOfAnother":   {answered(404, `{"detail":"secret words"}`, isJSON), "status 404 and JSON that is not Clerk's"},
		"NotFoundText":        {answered(404, "404 secret words", plain), "status 404 and text that is not Clerk's"},
		"NotFoundWithoutBody": {answered(404, "", ""), "status 404 and an empty body"},
		"Gone":                {answered(410, page, plain), "status 410 and an HTML page"},
		"Moved":               {answered(301, page, plain), "status 301 and an HTML page"},
		"ForbiddenByAProxy":   {answered(403, page, plain), "status 403 and an HTML page"},
		"APage":               {answered(200, page, "text/html"), "a success status and an HTML page"},
		"ALongPage":           {answered(200, page+strings.Repeat("x", page64K), "text/html"), "a success status and an HTML page"},
		"AnotherAPI":          {answered(200, `{"secret":"words"}`, isJSON), "a success status and JSON that is not Clerk's"},
		"NothingAtAll":        {answered(204, "", ""), "a success status and an empty body"},
		"ForbiddenByClerk":    {answered(403, clerks, isJSON), ""},
		"Unauthorized":        {answered(401, page, plain), ""},
		"TooMany":             {answered(429, page, plain), ""},
		"Timeout":             {answered(408, page, plain), ""},
		"Unavailable":         {answered(503, page, plain), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newTestClient(t, newStub(t, tc.answer).URL).Instance(t.Context())
			came, useless := Useless(err)
			if err == nil || useless != (tc.want != "") || useless && came != tc.want {
				t.Errorf("%v: useless %t, %q, want %q", err, useless, came, tc.want)
			}
		})
	}
	if _, useless := Useless(errors.New("no answer")); useless {
		t.Error("no answer is one")
	}
}
