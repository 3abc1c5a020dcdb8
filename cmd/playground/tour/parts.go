// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	pollInterval = 100 * time.Millisecond
	// settle is how long the tour watches for calls that should not be made.
	settle = 500 * time.Millisecond
	// grace is how long a command may take to end after an interrupt.
	grace = 2 * time.Second
)

// text is a paragraph.
type text string

func (s text) show(_ context.Context, t *Tour) error {
	t.print(paragraph, t.Page.prose(string(s)))
	return nil
}

// manifest is the name of a file that is shown.
type manifest string

func (name manifest) show(_ context.Context, t *Tour) error {
	content, err := t.manifest(string(name))
	if err != nil {
		return fmt.Errorf("showing %s: %w", name, err)
	}
	t.print(paragraph, t.Page.manifest(string(name), content))
	return nil
}

// command is run by a shell exactly as it is shown. It must exit with code 0.
type command string

func (c command) show(ctx context.Context, t *Tour) error {
	t.print(typed, t.Page.command(string(c)))
	cmd := exec.CommandContext(ctx, "sh", "-euc", string(c))
	cmd.Dir = t.Directory
	cmd.Env = append(os.Environ(), t.Environment...)
	// The shell's programs end together with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	said, err := cmd.CombinedOutput()
	t.print(printed, t.Page.output(string(said)))
	if err != nil {
		return fmt.Errorf("running %q: %w: %s", string(c), err, strings.TrimSpace(string(said)))
	}
	return nil
}

// until waits for a state and says how long that took.
type until struct {
	// what says the state, in words that continue "ok".
	what string
	// holds returns why it is not reached.
	holds func(ctx context.Context, t *Tour) error
}

func (u until) show(ctx context.Context, t *Tour) error {
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, t.Limit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := u.holds(context.WithoutCancel(ctx), t)
		if err == nil {
			t.print(checked, t.Page.held(u.what, time.Since(began).Round(pollInterval)))
			return nil
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("waiting %s until %s: %w", t.Limit, u.what, err)
		case <-tick.C:
		}
	}
}

// calls shows the calls that Clerk got since they were shown last, and checks the writes. Each is written as in
// "PATCH /users/{id} 200".
type calls []string

func (want calls) show(ctx context.Context, t *Tour) error {
	select {
	case <-time.After(settle):
	case <-ctx.Done():
		return ctx.Err()
	}
	entries := t.newCalls()
	t.print(paragraph, t.Page.calls(entries))
	var got []string
	for _, e := range entries.Writes() {
		got = append(got, written(e))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("checking the writes at Clerk: got %q, want %q", got, []string(want))
	}
	return nil
}

// newCalls returns the calls that were not shown yet.
func (t *Tour) newCalls() emulator.Entries {
	var found emulator.Entries
	for _, e := range t.Clerk.Journal() {
		if e.Seq > t.seen {
			found = append(found, e)
		}
	}
	if len(found) > 0 {
		t.seen = found[len(found)-1].Seq
	}
	return found
}

var userID = regexp.MustCompile(`user_[0-9A-Za-z]+`)

// written returns a write in the form of calls.
func written(e emulator.Entry) string {
	return e.Method + " " + userID.ReplaceAllString(path(e), "{id}") + " " + answer(e)
}
