// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestIsAddress(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1:8910": true, "127.0.0.1": true, "[::1]:8910": true, "[::1]": true, "localhost:8910": true, "LOCALHOST": true,
		"192.0.2.1:80": true, "": false, ":8910": false, "evil.example:8910": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example:8910": false, "[evil]:1": false, "::1": true,
	} {
		if got := IsAddress(host); got != want {
			t.Errorf("IsAddress(%q) = %t", host, got)
		}
	}
}

// TestPagesOfOtherSitesReachNoControl sends what a browser sends for a page whose name was resolved to the emulator's address.
func TestPagesOfOtherSitesReachNoControl(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		host, origin, agent string
		want                int
	}{
		"Program":                {"emulator:8910", "", "curl/8", http.StatusOK},
		"BrowserAtAddress":       {"127.0.0.1:8910", "http://127.0.0.1:8910", "Mozilla/5.0", http.StatusOK},
		"BrowserAtLocalhost":     {"localhost:8910", "", "Mozilla/5.0", http.StatusOK},
		"ReboundNameWithOrigin":  {"evil.example:8910", "http://evil.example:8910", "", http.StatusMisdirectedRequest},
		"ReboundNameReads":       {"evil.example:8910", "", "Mozilla/5.0", http.StatusMisdirectedRequest},
		"OtherOriginAtTheServer": {"127.0.0.1:8910", "http://evil.example", "Mozilla/5.0", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(http.MethodDelete, ControlPath+"/journal", http.NoBody)
			request.Host = test.host
			request.Header.Set("User-Agent", test.agent)
			if test.origin != "" {
				request.Header.Set("Origin", test.origin)
			}
			answer := httptest.NewRecorder()
			New(Config{}).ServeHTTP(answer, request)
			if answer.Code != test.want {
				t.Errorf("%d, want %d: %s", answer.Code, test.want, answer.Body)
			}
		})
	}
}
