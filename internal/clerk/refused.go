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

	traceHeader      = "Clerk-Trace-Id"
	cloudTraceHeader = "X-Cloud-Trace-Context"
)

var (
	codeShape = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	nameShape = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,64}$`)
	// traceShape is that of Clerk's trace ids and of Google Cloud's, with a span. UUIDs pass too.
	traceShape = regexp.MustCompile(`^(?:trace_)?(?:[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/[0-9]{1,20})?(?:;o=[0-9])?$`)
)

// errorMeta holds the used fields of an error's meta object.
type errorMeta struct {
	ParamName           string   `json:"param_name"`
	ParamNames          []string `json:"param_names"`
	UnsupportedFeatures []string `json:"unsupported_features"`
}

// unanswered reports whether a status leaves the outcome unknown: none, 5xx, a redirect, or a timeout of a proxy.
func unanswered(status int) bool {
	return status < 200 || status >= 300 && status < 400 || status >= 500 || status == http.StatusRequestTimeout
}

// newError reads an answer that refuses a call. It keeps the status, whatever the body holds.
func newError(a *answer, now time.Time, r redactor) *Error {
	var body clerksdk.APIErrorResponse
	// If the body has another form, the readable part is used.
	_ = json.Unmarshal(a.body, &body)
	e := &Error{Status: a.status, TraceID: traceID(body.TraceID, a.header, r), foreign: true}
	if len(body.Errors) == 0 || !fromClerk(a.status, body.Errors[0]) {
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

// fromClerk reports whether an error in a body is Clerk's. Clerk's errors about missing objects always have a code. So
// a 404 or 410 without one is from a server in between that also uses a list of errors.
func fromClerk(status int, e clerksdk.Error) bool {
	return e.Code != "" || status != http.StatusNotFound && status != http.StatusGone
}

// describe copies Clerk's description of one error.
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
	// Likewise: what cannot be read is not needed to identify the error.
	_ = json.Unmarshal(from.Meta, &meta)
	if meta.ParamName != "" {
		meta.ParamNames = []string{meta.ParamName}
	}
	e.Param = strings.Join(r.words(meta.ParamNames), ",")
	e.Features = r.words(meta.UnsupportedFeatures)
}

// word returns a name from an answer, or "" if it does not have the form of one. A known name is returned even if a
// value in the request has the same text.
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

// traceID returns the id of the call at Clerk. It is "" if the id has another shape than those of Clerk, or has a value of the call, and
// for a call whose values cannot be found in Clerk's text: a proxy could repeat a value, or a part of it, as the id.
func traceID(fromBody string, header http.Header, r redactor) string {
	if r.quiet {
		return ""
	}
	for _, id := range []string{fromBody, header.Get(traceHeader), header.Get(cloudTraceHeader)} {
		if traceShape.MatchString(id) && r.withoutValues(id) == id && credential.ReplaceAllString(id, redacted) == id {
			return id
		}
	}
	return ""
}

// retryAfter reads a Retry-After header, seconds or a date, within bounds. Without a sensible value it returns a whole
// window.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	wait := defaultRetryAfter
	// If it is out of range, ParseInt returns the largest or smallest number.
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		wait = time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, minRetryAfter), maxRetryAfter)
}
