// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"context"
	"errors"
	"strings"

	"github.com/go-logr/logr"
)

// stoppedLevel is the level of errors that a stop causes.
const stoppedLevel = 1

// afterStop is the message with which controller-runtime logs what its parts return after the stop.
const afterStop = "error received after stop sequence was engaged"

// Stopping returns a logger that writes the errors which the end of ctx causes at level 1: a call that is cut because the process stops
// is no failure.
func Stopping(ctx context.Context, logger logr.Logger) logr.Logger {
	if logger.GetSink() == nil {
		return logger
	}
	return logger.WithSink(stoppingSink{logger.GetSink(), ctx.Done()})
}

// stoppingSink writes errors that the stop causes at another level.
type stoppingSink struct {
	logr.LogSink

	stopped <-chan struct{}
}

// Error writes an error.
func (s stoppingSink) Error(err error, message string, values ...any) {
	select {
	case <-s.stopped:
	default:
		s.LogSink.Error(err, message, values...)
		return
	}
	switch {
	case message != afterStop && !canceled(err, message):
		s.LogSink.Error(err, message, values...)
	case s.Enabled(stoppedLevel) && err != nil:
		s.Info(stoppedLevel, message, append(values, "error", err.Error())...)
	case s.Enabled(stoppedLevel):
		s.Info(stoppedLevel, message, values...)
	}
}

// canceled reports whether an error is that of a call which was given up. Libraries put it into the text of other errors too.
func canceled(err error, message string) bool {
	text := context.Canceled.Error()
	return errors.Is(err, context.Canceled) || strings.Contains(message, text) || err != nil && strings.Contains(err.Error(), text)
}

// WithValues returns a sink with more values.
func (s stoppingSink) WithValues(values ...any) logr.LogSink {
	s.LogSink = s.LogSink.WithValues(values...)
	return s
}

// WithName returns a sink with a longer name.
func (s stoppingSink) WithName(name string) logr.LogSink {
	s.LogSink = s.LogSink.WithName(name)
	return s
}
