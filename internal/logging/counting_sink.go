// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"regexp"

	"github.com/go-logr/logr"
)

// Classify says as which failure of which object an error counts that is about to be logged. An error that does not count is written each
// time. The object is "" if the failure is of none.
type Classify func(err error, message string) (object string, failure Failure, counts bool)

// Counting returns a logger that writes an error only if it does not repeat one that was written.
func (f *Failures) Counting(logger logr.Logger, classify Classify) logr.Logger {
	if logger.GetSink() == nil {
		return logger
	}
	return logger.WithSink(countingSink{logger.GetSink(), f, classify})
}

// countingSink writes a part of the errors.
type countingSink struct {
	logr.LogSink

	failures *Failures
	classify Classify
}

// Error writes an error, unless it repeats one that was written.
func (s countingSink) Error(err error, message string, values ...any) {
	object, failure, counts := s.classify(err, message)
	if !counts {
		s.LogSink.Error(err, message, values...)
		return
	}
	occurred := s.failures.Failed(object, failure)
	if !occurred.Write {
		return
	}
	if object != "" && failure.Of != object {
		values = append(values, "of", failure.Of)
	}
	if occurred.Repeated > 0 {
		values = append(values, "repeated", occurred.Repeated, "lasts", occurred.For.String())
	}
	if occurred.Repeated > 0 && object != "" {
		values = append(values, "objects", occurred.Objects)
	}
	s.LogSink.Error(err, message, values...)
}

// WithValues returns a sink with more values.
func (s countingSink) WithValues(values ...any) logr.LogSink {
	s.LogSink = s.LogSink.WithValues(values...)
	return s
}

// WithName returns a sink with a longer name.
func (s countingSink) WithName(name string) logr.LogSink {
	s.LogSink = s.LogSink.WithName(name)
	return s
}

// ByText has each error count with its message and text, of no object, and without the names and numbers in them: each event that
// cannot be written has another name. It is for libraries that log a failure each time, such as client-go.
func ByText(err error, message string) (object string, failure Failure, counts bool) {
	message = withoutNames(message)
	failure = Failure{Kind: message, Of: message}
	if err != nil {
		failure.Text = withoutNames(err.Error())
	}
	return "", failure, true
}

// withoutNames removes what is quoted, and numbers.
func withoutNames(text string) string {
	return regexp.MustCompile(`"[^"]*"|'[^']*'|[0-9]+`).ReplaceAllString(text, "")
}
