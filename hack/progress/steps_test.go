// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package progress

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// paper is what a command has printed.
type paper struct {
	mu   sync.Mutex
	text strings.Builder
}

func (p *paper) Write(part []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(part)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return regexp.MustCompile(`\d+\.\d s`).ReplaceAllString(p.text.String(), "0.1 s")
}

// awaitText waits until the text was printed.
func (p *paper) awaitText(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(p.String(), want); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q was not printed: %q", want, p.String())
		}
	}
}

func TestStepsWithoutATerminalAreLines(t *testing.T) {
	out := &paper{}
	steps := New(out, 2, 3)
	if steps.live || steps.beat != heartbeat {
		t.Fatalf("%+v: a buffer is no terminal", steps)
	}
	steps.beat = time.Millisecond
	step := steps.Begin("Build the operator")
	step.Sayf("%d packages compiled", 7)
	out.awaitText(t, "      0.1 s: 7 packages compiled\n")
	step.Notef("from its modules")
	step.Done("8 packages compiled")
	steps.beat = time.Hour
	steps.Begin("Build the plugin").Failed()
	want := regexp.MustCompile(`^\[2/3\] Build the operator\n(      0\.1 s(: 7 packages compiled)?\n)+      from its modules\n` +
		`(      0\.1 s: 7 packages compiled\n)*      done in 0\.1 s: 8 packages compiled\n` +
		`\[3/3\] Build the plugin\n      failed after 0\.1 s\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("it printed %q, want %s", out.String(), want)
	}
}

func TestStepsOnATerminalAreOneLineEach(t *testing.T) {
	out := &paper{}
	steps := &Steps{out: out, live: true, next: 1, total: 2, beat: time.Millisecond}
	step := steps.Begin("Build the operator")
	step.Sayf("7 packages compiled")
	out.awaitText(t, "\r\x1b[K\x1b[?7l[1/2] Build the operator, 0.1 s: 7 packages compiled\x1b[?7h")
	step.Notef("from its modules")
	step.Done("")
	if got := strings.Count(out.String(), "\n"); got != 2 {
		t.Errorf("%d lines stay, want the note and the step: %q", got, out.String())
	}
	if !strings.HasSuffix(out.String(), "\r\x1b[K[1/2] Build the operator, done in 0.1 s\n") {
		t.Errorf("it printed %q", out.String())
	}
}

func TestTook(t *testing.T) {
	for d, want := range map[time.Duration]string{
		420 * time.Millisecond: "0.4 s", 12900 * time.Millisecond: "12 s", 185 * time.Second: "3 min 5 s", 2 * time.Hour: "120 min 0 s",
	} {
		if got := took(d); got != want {
			t.Errorf("took(%s) = %q, want %q", d, got, want)
		}
	}
}

func TestBuildCountsModulesAndPackagesAndKeepsTheRest(t *testing.T) {
	var b Build
	if b.String() != "" {
		t.Errorf("before the build: %q", b.String())
	}
	for _, part := range []string{"go: downloading a v1\nexample.test/a\nexample.te", "st/b\n# example.test/b\nb.go:1:2: wrong\n"} {
		if n, err := b.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write() = %d, %v", n, err)
		}
	}
	if got := b.String(); got != "1 modules downloaded, 2 packages compiled" {
		t.Errorf("String() = %q", got)
	}
	if got := b.LastLines(); got != "# example.test/b\nb.go:1:2: wrong" {
		t.Errorf("LastLines() = %q", got)
	}
	for range 2 * keptLines {
		_, _ = b.Write([]byte("x.go:1:1: wrong\n"))
	}
	if got := strings.Count(b.LastLines(), "\n"); got >= keptLines {
		t.Errorf("%d lines are kept", got)
	}
}
