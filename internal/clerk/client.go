// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultUserAgent = "clerk-operator"
)

// Config configures a Client.
type Config struct {
	Unprintable

	// APIURL is the base of all paths. The default is https://api.clerk.com/v1.
	APIURL string
	// Key is the instance's secret key.
	Key Secret
	// RateLimiter limits the calls to this instance; all its clients share it. By default the client has its own, with the
	// default Budget of the key.
	RateLimiter *RateLimiter
	// Transport sends the calls. The default is NewTransport().
	Transport http.RoundTripper
	// UserAgent is the User-Agent header. The default is clerk-operator.
	UserAgent string
	// Now returns the current time. The default is time.Now.
	Now func() time.Time
	// Timeout limits a call from its sending to the end of the answer. The default is 10 s.
	Timeout time.Duration
	// MayWrite is called before each call that changes something, and again when the call has a connection. If it returns an
	// error, nothing is sent and the call returns that error. By default every call is made.
	MayWrite func() error
	// Observe is called once for each call that the rate limiter gave a token, after the call has ended, with the caller's
	// context. It must not block. By default nothing is called.
	Observe func(ctx context.Context, r RequestInfo)
}

// Client calls the Backend API of one Clerk instance. It is safe for concurrent use. The predicates of this package
// interpret the errors of its calls.
type Client struct {
	backend *backend
	// match filters UsersAfter.
	match UserMatch
}

// New returns a client, or an error if the URL or the key is invalid. It makes no call.
func New(config Config) (*Client, error) {
	base, err := parseBase(config.APIURL)
	if err != nil {
		return nil, err
	}
	if !keyShape.MatchString(config.Key.Reveal()) {
		return nil, errors.New("the secret key is empty or has characters that no key has")
	}
	b := &backend{
		http:    newHTTPClient(config.Transport),
		base:    base,
		key:     config.Key,
		keyID:   identify(config.Key.Reveal()),
		agent:   config.UserAgent,
		limiter: config.RateLimiter,
		now:     config.Now,
		timeout: config.Timeout,

		mayWrite: config.MayWrite,
		observe:  config.Observe,
	}
	b.complete()
	return &Client{backend: b}, nil
}

// keyShape is a text that a header can hold without quoting.
var keyShape = regexp.MustCompile(`^[!-~]+$`)

// parseBase returns the URL without a trailing slash.
func parseBase(text string) (string, error) {
	if text == "" {
		text = clerksdk.APIURL
	}
	base, err := url.Parse(text)
	if err != nil {
		return "", errors.New("the API URL cannot be parsed")
	}
	if base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return "", errors.New("the API URL must be an absolute https or http URL")
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return "", errors.New("the API URL must have no user, query or fragment")
	}
	return strings.TrimRight(base.String(), "/"), nil
}

// For returns a client whose calls are made for the caller.
func (c *Client) For(caller ratelimit.Caller) *Client {
	view := *c.backend
	view.caller = caller
	return &Client{backend: &view, match: c.match}
}

// Reserve takes the token for the caller's next call in advance. If it returns nil, the token is kept for the caller
// for five seconds, and the next call in that time takes no other token. That call still waits if Clerk limits calls in
// between, or already limits calls for its user. Other errors are those of a call that was not made: a *WaitError or a
// *KeyRefusedError. An unused token counts no more than one that its caller never fetched.
func (c *Client) Reserve() error { return c.backend.limiter.reserve(c.backend.caller, c.backend.keyID) }

// ProbeKey checks whether Clerk accepts a key again that the rate limiter knows as refused. It counts users, because
// Clerk may answer GET /instance with a key that it refuses elsewhere. If the call succeeds, the rate limiter allows
// calls again and calls OnRecovered. A key that was refused again shortly after a recovery first waits for its
// back-off. ProbeKey returns nil if the key is not refused, or no longer. It returns a *WaitError while another call is
// about to find out.
func (c *Client) ProbeKey(ctx context.Context) error {
	if !c.backend.limiter.probeNow(c.backend.keyID) {
		return nil
	}
	_, err := c.countUsers(ctx, OperationProbeKey)
	if closed, ok := errors.AsType[*KeyRefusedError](err); ok && !closed.Repeated {
		return &WaitError{At: closed.At}
	}
	return err
}

// endpoint is what a call is for, and its HTTP method.
type endpoint struct {
	operation Operation
	method    string
}

// call makes one call and decodes its answer.
func (c *Client) call(ctx context.Context, to endpoint, path string, params clerksdk.Params, into clerksdk.ResponseReader) error {
	req := clerksdk.NewAPIRequest(to.method, path)
	req.SetParams(params)
	return c.backend.call(ctx, to.operation, req, into)
}
