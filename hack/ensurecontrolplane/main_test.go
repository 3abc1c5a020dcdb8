// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestWhatIsThereIsNotMadeAgain(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{assets.Etcd, assets.Kubectl + ".partial"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{assets.APIServer, assets.Kubectl}, missing(dir, assets.Basic())); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestDownloadable(t *testing.T) {
	cases := map[string]struct {
		names []string
		want  bool
	}{
		"TheBasicOnes":             {assets.Basic(), true},
		"ControllerManagerIsBuilt": {[]string{assets.ControllerManager}, false},
		"NothingNeedsNothing":      {nil, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := downloadable(tc.names); got != tc.want {
				t.Errorf("downloadable(%v) = %t", tc.names, got)
			}
		})
	}
}

func TestCauseIsOneLine(t *testing.T) {
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	failed := errors.New("exit status 1")
	cases := map[string]struct {
		ctx  context.Context
		said string
		want string
	}{
		"TheLimitComesFirst":   {expired, "something else", "no answer within 20s"},
		"TheLastLineIsTold":    {t.Context(), "asking\nno such host\n", "no such host"},
		"SilenceLeavesTheCode": {t.Context(), "\n", "exit status 1"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := cause(tc.ctx, failed, tc.said).Error(); got != tc.want {
				t.Errorf("cause() = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestLinkFlagsStampTheVersion(t *testing.T) {
	got := linkFlags("v1.37.2")
	for _, want := range []string{"-s -w", "version.gitVersion=v1.37.2", "version.gitMajor=1 ", "version.gitMinor=37 "} {
		if !strings.Contains(got, want) {
			t.Errorf("linkFlags() = %q, want %q in it", got, want)
		}
	}
}

func TestAdoptedBinariesAreExecutableAndComplete(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range assets.Basic() {
		if err := os.WriteFile(filepath.Join(from, name), []byte(name), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	if err := adopt(from, to); err != nil {
		t.Fatal(err)
	}
	for _, name := range assets.Basic() {
		text, err := os.ReadFile(filepath.Join(to, name))
		if err != nil || string(text) != name {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("%s is not executable: %v", name, err)
		}
	}
	if err := adopt(t.TempDir(), to); err == nil {
		t.Error("an empty download was adopted")
	}
}

func TestLockIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := lock(short, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second lock: %v, want to wait until the deadline", err)
	}
	unlock()
	again, err := lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestRemoveStoreTakesReadOnlyDirectories(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store")
	inner := filepath.Join(store, "k8s")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(inner, "etcd"), nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(inner, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := removeStore(store); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(store); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
