// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

const (
	// watchInterval is the time between two reports of --watch.
	watchInterval = 2 * time.Second
	// restPerWork is how many times longer than its work a watch rests, so that many ClerkUsers do not keep the API server busy.
	restPerWork = 10
	// eraseScreen moves the cursor of a terminal to its first line and erases what follows.
	eraseScreen = "\x1b[H\x1b[J"
)

// screen is where reports are shown.
type screen struct {
	out, errOut io.Writer
	// terminal is true if a report takes the place of the one before.
	terminal bool
	output   cli.Output
	text     renderer
	now      func() time.Time
}

// show writes a report.
func (s screen) show(report Report) error {
	if s.output.Structured() {
		return s.output.Print(s.out, report)
	}
	return s.text.render(s.out, report)
}

// watch shows reports until the context ends. The error of a report is shown, and the next report tried.
func watch(
	ctx context.Context, read func(context.Context) (Report, error), s *screen, wait func(context.Context, time.Duration) error,
) error {
	var last Report
	known := false
	for n := 0; !ended(ctx); n++ {
		began := s.now()
		report, err := read(ctx)
		if ended(ctx) {
			break
		}
		if err == nil {
			last, known = report, true
		}
		if err := s.again(n, last, known, err); err != nil {
			return err
		}
		// Its only error is that of the context.
		_ = wait(ctx, max(watchInterval, restPerWork*s.now().Sub(began)))
	}
	return nil
}

func ended(ctx context.Context) bool { return ctx.Err() != nil }

// again shows the next report of a watch: on a terminal in the place of the one before, which stays while reads fail.
func (s screen) again(n int, last Report, known bool, failed error) error {
	repaints := s.terminal && !s.output.Structured()
	if failed != nil {
		if repaints && known {
			if err := s.repaint(last); err != nil {
				return err
			}
		}
		fmt.Fprintf(s.errOut, "kubectl clerk: %s; it is tried again\n", cli.Line(failed.Error()))
		return nil
	}
	if repaints {
		return s.repaint(last)
	}
	if err := s.separate(n, last); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return s.show(last)
}

// separate writes what stands between two reports that are not repainted.
func (s screen) separate(n int, report Report) (err error) {
	switch {
	case s.output == cli.OutputYAML && n > 0:
		_, err = io.WriteString(s.out, "---\n")
	case !s.output.Structured():
		_, err = fmt.Fprintf(s.out, "--- %s\n", report.Time.UTC().Format(time.RFC3339))
	}
	return err
}

// repaint writes a report to a terminal with one write, so that it does not flicker.
func (s screen) repaint(report Report) error {
	var text bytes.Buffer
	text.WriteString(eraseScreen)
	fmt.Fprintf(&text, "%s, until Ctrl-C\n", report.Time.UTC().Format(time.RFC3339))
	if err := s.text.render(&text, report); err != nil {
		return err
	}
	if _, err := s.out.Write(text.Bytes()); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}
