// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// backend sends calls to Clerk. It takes the place of the SDK's backend and keeps everything about an answer.
type backend struct {
	http    *http.Client
	base    string
	key     Secret
	keyID   keyID
	agent   string
	limiter *RateLimiter
	now     func() time.Time
	timeout time.Duration
	caller  ratelimit.Caller
	// mayWrite is called before each write, and again when the write has a connection.
	mayWrite func() error
	// observe is called after each call; nil for nothing.
	observe func(context.Context, RequestInfo)
}

// canonicalizer is an answer that validates itself and converts itself into canonical form.
type canonicalizer interface {
	canonicalize() error
}

// complete sets the defaults of a Config.
func (b *backend) complete() {
	if b.agent == "" {
		b.agent = defaultUserAgent
	}
	b.now = orRealTime(b.now)
	if b.timeout <= 0 {
		b.timeout = defaultTimeout
	}
	if b.mayWrite == nil {
		b.mayWrite = func() error { return nil }
	}
	if b.limiter == nil {
		b.limiter = NewRateLimiter(RateLimiterConfig{RequestsPer10s: Budget(b.key.Reveal(), nil, nil), Now: b.now})
	}
}

// call takes a token, sends the request once and decodes the answer.
func (b *backend) call(ctx context.Context, op Operation, api *clerksdk.APIRequest, into clerksdk.ResponseReader) error {
	out, err := newRequest(api)
	if err != nil {
		return err
	}
	if err := mayBegin(ctx, b.now()); err != nil {
		return err
	}
	lasting, cancel := uncut(ctx, b.timeout)
	defer cancel()
	taken, err := b.limiter.take(b.caller, b.keyID, limitedUser(api.Method, api.Path))
	if err != nil {
		return err
	}
	began := b.now()
	a, sent, err := b.send(lasting, out)
	e := ended{operation: op, request: out, answer: &a, into: into, sent: sent, duration: b.now().Sub(began)}
	if err == nil {
		err = b.read(&a, out, into)
	}
	b.limiter.callEnded(taken, outcome{status: a.status, retryAfter: retryAfterOf(err)})
	if sent && out.write() && unknownOutcome(err) {
		err = &AnswerLostError{Err: err}
	}
	b.ended(ctx, e, err)
	return err
}

// read evaluates the answer. It returns an error if the answer refuses the call or is not usable.
func (b *backend) read(a *answer, out *request, into clerksdk.ResponseReader) error {
	if !a.good() {
		return newError(a, b.now(), b.redactor(out))
	}
	if a.tooLarge {
		return &malformedError{problem: "it is larger than it may be", form: formOf(a)}
	}
	into.Read(a.response())
	return decode(a, into)
}

// redactor returns what removes the values of a request, and the key, from Clerk's text.
func (b *backend) redactor(out *request) redactor {
	r := newRedactor(append(out.values(), b.key.Reveal()))
	r.quiet = out.quiet
	return r
}

// decode reads the body of a successful answer. The decoder's errors quote the body, so they are dropped.
func decode(a *answer, into any) error {
	if err := json.Unmarshal(a.body, into); err != nil {
		return &malformedError{problem: "it is not JSON of the expected shape", form: formOf(a)}
	}
	if c, ok := into.(canonicalizer); ok {
		return c.canonicalize()
	}
	return nil
}

// unknownOutcome reports whether it is unknown if a call that was sent was carried out. An answer that is not from
// Clerk itself does not tell. A refused key and a limit do, whoever says so, because both are checked before anything
// is done.
func unknownOutcome(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		checked := e.Status == http.StatusUnauthorized || e.Status == http.StatusTooManyRequests
		return unanswered(e.Status) || e.foreign && !checked
	}
	return err != nil
}

func retryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// send makes the HTTP exchange. It also reports whether anything may have reached the server.
func (b *backend) send(ctx context.Context, out *request) (answer, bool, error) {
	mayLeave := func() error { return nil }
	if out.write() {
		mayLeave = b.mayWrite
	}
	ctx, sending := follow(ctx, mayLeave)
	defer sending.end()
	req, err := out.http(ctx, b.base)
	if err != nil {
		return answer{}, false, err
	}
	req.Header.Set("Authorization", "Bearer "+b.key.Reveal())
	req.Header.Set("User-Agent", b.agent)
	// Time may have passed in every earlier step, and more passes until there is a connection.
	if err := mayLeave(); err != nil {
		return answer{}, false, &withheldError{cause: err}
	}
	resp, err := b.http.Do(req)
	if refusal := sending.refused(); refusal != nil && err != nil {
		return answer{}, sending.sent(), &withheldError{cause: refusal}
	}
	if err != nil {
		return answer{}, sending.sent(), &transportError{cause: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{status: resp.StatusCode, header: resp.Header}
	limit := out.answerLimit()
	if !a.good() {
		limit = answerBase
	}
	if err := a.readBody(resp.Body, limit); err != nil && a.good() {
		return answer{}, true, &transportError{cause: err}
	}
	return a, true, nil
}

// withheldError is the error of a write that this process may no longer send.
type withheldError struct{ cause error }

func (e *withheldError) Error() string { return "sending nothing to Clerk: " + e.cause.Error() }

func (e *withheldError) Unwrap() error { return e.cause }

// withoutURL removes the URL from an error, because its query holds identifiers.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// answer is an HTTP answer with its body read.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	tooLarge bool
}

func (a *answer) good() bool { return a.status >= 200 && a.status < 300 }

func (a *answer) response() *clerksdk.APIResponse {
	return clerksdk.NewAPIResponse(&http.Response{StatusCode: a.status, Header: a.header}, nil)
}

// readBody reads at most limit bytes, counted after decompression.
func (a *answer) readBody(from io.Reader, limit int64) error {
	body, err := io.ReadAll(io.LimitReader(from, limit+1))
	if int64(len(body)) > limit {
		body, a.tooLarge = body[:limit], true
	}
	a.body = body
	return err
}
