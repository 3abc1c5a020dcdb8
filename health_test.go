// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// fakeCaches are in sync after a time.
type fakeCaches time.Duration

func (f fakeCaches) WaitForCacheSync(ctx context.Context) bool {
	select {
	case <-time.After(time.Duration(f)):
		return true
	case <-ctx.Done():
		return false
	}
}

func TestCachesAreReadyWhenInSync(t *testing.T) {
	for name, tc := range map[string]struct {
		sync  time.Duration
		ready bool
	}{"InSync": {0, true}, "NotInSync": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			err := cachesCheck(fakeCaches(tc.sync))(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
			if (err == nil) != tc.ready {
				t.Errorf("the check says %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("the check takes %s, longer than a probe waits", took)
			}
		})
	}
}
