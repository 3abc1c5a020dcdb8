// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"slices"
	"testing"
)

func TestEveryStatusHasACode(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]Code{
		0: CodeNoAnswer, 100: CodeNoAnswer, 199: CodeNoAnswer, 200: "2xx", 204: "2xx", 299: "2xx", 301: CodeNoAnswer, 399: CodeNoAnswer,
		400: "4xx", 401: "401", 402: "4xx", 403: "403", 404: "404", 408: "4xx", 409: "409", 418: "4xx", 422: "422", 429: "429", 499: "4xx",
		500: "5xx", 503: "5xx", 599: "5xx", 600: CodeNoAnswer, 999: CodeNoAnswer, -1: CodeNoAnswer, -404: CodeNoAnswer, 1 << 30: CodeNoAnswer,
	} {
		if got := (RequestInfo{Status: status}).Code(); got != want {
			t.Errorf("status %d counts as %s, want %s", status, got, want)
		}
	}
	if got := (RequestInfo{Status: 200, Unusable: true}).Code(); got != CodeNoAnswer {
		t.Errorf("an unusable answer counts as %s", got)
	}
	for status := range 1000 {
		if code := (RequestInfo{Status: status}).Code(); !slices.Contains(Codes(), code) {
			t.Errorf("status %d counts as %s, which Codes does not return", status, code)
		}
	}
}
