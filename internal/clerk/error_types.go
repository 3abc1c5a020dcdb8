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

// Error is an answer that refuses a call, from Clerk or from a proxy in front of it.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is Clerk's error code; "" if there is none. See https://clerk.com/docs/errors/overview.
	Code string
	// Message is Clerk's explanation in one line, shortened, without credentials and values from the request.
	Message string
	// Param is the request parameter that the error is about, several joined with commas; "" for none.
	Param string
	// TraceID names the call in Clerk's logs. The error's text does not have it, because it differs for each call.
	TraceID string
	// RetryAfter is the duration of a 429, between a second and ten minutes. RetryAt is when it ends.
	RetryAfter time.Duration
	RetryAt    time.Time
	// Features are the features that the instance's plan lacks, if Status is 402.
	Features []string

	// foreign is true for an answer without an error of Clerk's.
	foreign bool
	// form describes the body of a foreign answer.
	form string
}

// Error returns what Clerk answered. The text is the same for the same answer.
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

// WaitError means that no token is available yet.
type WaitError struct {
	// At is when to try again.
	At time.Time
}

// Error returns the same text at any time.
func (e *WaitError) Error() string { return "waiting for a call to Clerk to fit into the budget" }

// KeyRefusedError means that the call was not made because Clerk refuses the instance's key.
type KeyRefusedError struct {
	// At is when the rate limiter allows the next call with the key, to check it.
	At time.Time
	// Repeated is true if Clerk has refused the key more than once.
	Repeated bool
}

// Error returns the same text at any time.
func (e *KeyRefusedError) Error() string { return "clerk refuses the secret key" }

// AnswerLostError means that a write was sent and that its outcome is unknown.
type AnswerLostError struct {
	// Err is the cause.
	Err error
}

// Error returns the text of the cause.
func (e *AnswerLostError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *AnswerLostError) Unwrap() error { return e.Err }

// malformedError means that a successful answer does not have the expected content.
type malformedError struct {
	problem string
	// form describes the answer; "" if that does not matter.
	form string
}

func (e *malformedError) Error() string { return "clerk's answer is not usable: " + e.problem }

// transportError means that no answer came. Its text leaves out what differs from call to call, and the URL, because it
// holds identifiers.
type transportError struct{ cause error }

func (e *transportError) Error() string { return "no answer from Clerk: " + e.reason() }

func (e *transportError) Unwrap() error { return e.cause }

func (e *transportError) reason() string {
	switch {
	case errors.Is(e.cause, context.Canceled):
		return "the call was cancelled"
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
