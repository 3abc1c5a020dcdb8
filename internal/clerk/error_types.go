// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Error is an answer of Clerk's that refuses a call, or that a proxy before Clerk gave in its place.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is Clerk's error code, "" where it gave none. See https://clerk.com/docs/errors/overview.
	Code string
	// Message is Clerk's explanation in one line, shortened and without credentials and values from the request.
	Message string
	// Param is the request parameter that the error is about, several joined with commas, "" for none.
	Param string
	// TraceID names the call in Clerk's logs. It is not part of the error's text, for it is another one each time.
	TraceID string
	// RetryAfter is how long a 429 lasts, between a second and ten minutes; RetryAt is when it ends.
	RetryAfter time.Duration
	RetryAt    time.Time
	// Features are the features that the instance's plan lacks, of a 402.
	Features []string

	// foreign is true for an answer that has no error of Clerk's in it.
	foreign bool
	// form is what the body of a foreign answer looks like.
	form string
}

// Error says what Clerk answered, in the same words each time.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("clerk answered " + strconv.Itoa(e.Status))
	if e.foreign {
		return b.String() + " without saying why"
	}
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	if e.Param != "" {
		b.WriteString(" (" + e.Param + ")")
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return shorten(b.String(), maxErrorText)
}

// WaitError means that there is no token yet.
type WaitError struct {
	// At is when to come again.
	At time.Time
}

// Error is the same text whatever the time.
func (e *WaitError) Error() string { return "waiting for a call to Clerk to fit into the budget" }

// KeyRefusedError means that no call is made since Clerk refuses the instance's key.
type KeyRefusedError struct {
	// At is when the next call is let through to see whether that is still so.
	At time.Time
	// Repeated is true if Clerk refuses the key again, or still, after it was asked anew.
	Repeated bool
}

// Error is the same text whatever the time.
func (e *KeyRefusedError) Error() string { return "clerk refuses the secret key" }

// AnswerLostError means that a write was sent and that it is not known whether it was carried out.
type AnswerLostError struct {
	// Err is why.
	Err error
}

// Error is the text of what went wrong.
func (e *AnswerLostError) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *AnswerLostError) Unwrap() error { return e.Err }

// malformedError means that an answer that should be good is not what was asked for.
type malformedError struct {
	problem string
	// form is what the answer looks like instead, "" where that does not matter.
	form string
}

func (e *malformedError) Error() string { return "clerk's answer is not usable: " + e.problem }

// transportError means that no answer came. Its text leaves out what differs from call to call, and the URL, which holds
// identifiers.
type transportError struct{ cause error }

func (e *transportError) Error() string { return "no answer from Clerk: " + e.reason() }

func (e *transportError) Unwrap() error { return e.cause }

func (e *transportError) reason() string {
	switch {
	case errors.Is(e.cause, context.Canceled):
		return "the call was given up"
	case timedOut(e.cause):
		return "timed out"
	case errors.Is(e.cause, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(e.cause, io.EOF), errors.Is(e.cause, io.ErrUnexpectedEOF), errors.Is(e.cause, syscall.ECONNRESET):
		return "connection cut"
	}
	if _, ok := errors.AsType[*net.DNSError](e.cause); ok {
		return "its host name cannot be resolved"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](e.cause); ok {
		return "its certificate is not trusted"
	}
	return "connection failed"
}

func timedOut(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && timeout.Timeout()
}
