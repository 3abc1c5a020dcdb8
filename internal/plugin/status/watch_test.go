// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// watchThrough watches answers one after the other and then ends the context. An empty answer is an error.
func watchThrough(t *testing.T, s *screen, answers ...string) (out, errOut string) {
	t.Helper()
	var written, failed bytes.Buffer
	s.out, s.errOut, s.now = &written, &failed, noon
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	read := func(context.Context) (Report, error) {
		asked++
		if answers[asked-1] == "" {
			return Report{}, errors.New("no \x1b[2Janswer")
		}
		return Report{Time: metav1.NewTime(noon()), Namespace: answers[asked-1]}, nil
	}
	err := watch(ctx, read, s, func(ctx context.Context, d time.Duration) error {
		if d < watchInterval {
			t.Errorf("the pause is %s", d)
		}
		if asked == len(answers) {
			cancel()
		}
		return ctx.Err()
	})
	if err != nil || asked != len(answers) {
		t.Errorf("the watch ended with %v after %d reads", err, asked)
	}
	return written.String(), failed.String()
}

func TestWatchAppendsAndSurvivesErrors(t *testing.T) {
	t.Parallel()
	out, errOut := watchThrough(t, &screen{}, "", "one", "", "two")
	if strings.Count(out, "--- 2026-03-01T12:00:00Z\n") != 2 || !strings.Contains(out, "Namespace one") || !strings.Contains(out, "Namespace two") ||
		strings.Contains(out, "\x1b") {
		t.Errorf("the output is %q", out)
	}
	if errOut != strings.Repeat("kubectl clerk: no \ufffd[2Janswer; it is tried again\n", 2) {
		t.Errorf("the errors are %q", errOut)
	}
}

func TestWatchRepaintsATerminal(t *testing.T) {
	t.Parallel()
	out, errOut := watchThrough(t, &screen{terminal: true}, "one", "", "two")
	if strings.Count(out, eraseScreen) != 3 || strings.Count(out, "Namespace one") != 2 || strings.Count(errOut, "no \ufffd[2Janswer") != 1 {
		t.Errorf("the output is %q, the errors are %q", out, errOut)
	}
}

func TestWatchWritesDocuments(t *testing.T) {
	t.Parallel()
	if out, _ := watchThrough(t, &screen{terminal: true, output: cli.OutputYAML}, "one", "two"); strings.Count(out, "\n---\n") != 1 || strings.Contains(out, "\x1b") {
		t.Errorf("the output is %q", out)
	}
	if out, _ := watchThrough(t, &screen{output: cli.OutputJSON}, "one", "two"); strings.Count(out, `"namespace"`) != 2 || strings.Contains(out, "---") {
		t.Errorf("the output is %q", out)
	}
}
