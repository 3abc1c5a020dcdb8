// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

const (
	minRetryAfter = time.Second
	maxRetryAfter = 10 * time.Minute
	// defaultRetryAfter is the length of the window over which Clerk counts.
	defaultRetryAfter = 10 * time.Second

	maxFeatures = 10
)

var (
	codeShape  = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	nameShape  = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,64}$`)
	traceShape = regexp.MustCompile(`^[A-Za-z0-9/;=_.-]{1,128}$`)
)

// errorMeta are the parts of an error's meta object that are looked at.
type errorMeta struct {
	ParamName           string   `json:"param_name"`
	ParamNames          []string `json:"param_names"`
	UnsupportedFeatures []string `json:"unsupported_features"`
}

// unanswered reports whether a status settles nothing: none, 5xx, a redirect, or a proxy that gave up.
func unanswered(status int) bool {
	return status < 200 || status >= 300 && status < 400 || status >= 500 || status == http.StatusRequestTimeout
}

// newError reads an answer that refuses a call. The status survives whatever the body holds.
func newError(a *answer, now time.Time, r redactor) *Error {
	var body clerksdk.APIErrorResponse
	// A body of another shape leaves what could be read of it.
	_ = json.Unmarshal(a.body, &body)
	e := &Error{Status: a.status, TraceID: traceID(body.TraceID, a.header, r), foreign: true}
	if len(body.Errors) == 0 || !clerks(a.status, body.Errors[0]) {
		e.form = formOf(a)
	} else {
		e.foreign = false
		e.describe(body.Errors[0], r)
	}
	if a.status == http.StatusTooManyRequests {
		e.RetryAfter = retryAfter(a.header.Get("Retry-After"), now)
		e.RetryAt = now.Add(e.RetryAfter)
	}
	return e
}

// clerks reports whether an error in a body is one of Clerk's. Clerk says of everything that is gone by a code what it is:
// without one, a 404 or 410 is of something between, that has a list of errors as well.
func clerks(status int, e clerksdk.Error) bool {
	return e.Code != "" || status != http.StatusNotFound && status != http.StatusGone
}

// describe takes over what Clerk says about one error.
func (e *Error) describe(from clerksdk.Error, r redactor) {
	e.Code = r.word(from.Code, codeShape)
	e.Message = from.LongMessage
	if e.Message == "" {
		e.Message = from.Message
	}
	if r.quiet {
		e.Message = ""
	}
	e.Message = r.line(e.Message, maxMessage)
	var meta errorMeta
	// The same: what cannot be read is not needed to tell the error by.
	_ = json.Unmarshal(from.Meta, &meta)
	if meta.ParamName != "" {
		meta.ParamNames = []string{meta.ParamName}
	}
	e.Param = strings.Join(r.words(meta.ParamNames), ",")
	e.Features = r.words(meta.UnsupportedFeatures)
}

// word returns a name from an answer, or "" if it is not shaped like one. A name we know is what it is, even if a value in
// the request happens to read the same.
func (r redactor) word(name string, shape *regexp.Regexp) string {
	if !shape.MatchString(name) {
		return ""
	}
	if _, ok := remedies[name]; ok {
		return name
	}
	if parameterNames[name] {
		return name
	}
	if r.quiet || r.line(name, maxMessage) != name {
		return ""
	}
	return name
}

func (r redactor) words(names []string) []string {
	var clean []string
	for _, name := range names[:min(len(names), maxFeatures)] {
		if name = r.word(name, nameShape); name != "" {
			clean = append(clean, name)
		}
	}
	return clean
}

// traceID returns the id under which Clerk knows the call.
func traceID(fromBody string, header http.Header, r redactor) string {
	for _, id := range []string{fromBody, header.Get("Clerk-Trace-Id"), header.Get("X-Cloud-Trace-Context")} {
		if !traceShape.MatchString(id) {
			continue
		}
		return credential.ReplaceAllString(r.withoutValues(id), redacted)
	}
	return ""
}

// retryAfter reads a Retry-After header, seconds or a date, within bounds; no sensible value is a whole window.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	wait := defaultRetryAfter
	// Out of range, the number is the largest or smallest there is.
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, minRetryAfter), maxRetryAfter)
}
