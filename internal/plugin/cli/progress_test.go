// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Date(2026, 5, 12, 0, 0, 0, 0, time.UTC)
	p := newProgress(&out, func() time.Time { return now }, "reading users")
	p.Set(1, 20)
	p.Set(2, 20)
	now = now.Add(progressInterval)
	p.Set(3, 20)
	now = now.Add(progressInterval)
	p.Set(4, 0)
	p.Done()
	want := "\r\x1b[Kreading users\r\x1b[Kreading users: 1 of 20\r\x1b[Kreading users: 3 of 20\r\x1b[Kreading users: 4\r\x1b[K"
	if out.String() != want {
		t.Errorf("it shows %q, want %q", out.String(), want)
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	e := &Environment{IOStreams: genericiooptions.IOStreams{ErrOut: &out}, Now: time.Now}
	p := e.Progress("reading users")
	p.Set(1, 20)
	p.Done()
	if out.Len() > 0 {
		t.Errorf("it shows %q without a terminal", out.String())
	}
}
