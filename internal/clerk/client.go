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

// Config makes a Client.
type Config struct {
	Unprintable

	// APIURL is the base of all paths, for instance https://api.clerk.com/v1. Empty is that.
	APIURL string
	// Key is the instance's secret key.
	Key Secret
	// RateLimiter limits the calls to this instance; all its clients share it. Nil is a rate limiter of its own with the
	// default Budget of the key.
	RateLimiter *RateLimiter
	// Transport carries the calls. Nil is NewTransport().
	Transport http.RoundTripper
	// UserAgent is the header of that name. Empty is clerk-operator.
	UserAgent string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Timeout bounds a call from sending it to the end of its answer. 0 is 10 s.
	Timeout time.Duration
	// MayWrite is asked right before each call that changes something. Its error is the call's, which is not made then. Nil
	// is always.
	MayWrite func() error
}

// Client calls the Backend API of one Clerk instance. It is safe for concurrent use. An error of any of its calls is
// understood with the predicates of this package.
type Client struct{ backend *backend }

// New returns a client, or an error if the URL or the key cannot be used. It makes no call.
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
	}
	b.complete()
	return &Client{backend: b}, nil
}

// keyShape is what can stand in a header without quoting.
var keyShape = regexp.MustCompile(`^[!-~]+$`)

// parseBase returns the URL without a slash at its end.
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

// For returns a view of the client whose calls are made on behalf of the caller.
func (c *Client) For(caller ratelimit.Caller) *Client {
	view := *c.backend
	view.caller = caller
	return &Client{backend: &view}
}

// Reserve asks for the token of the caller's next call ahead of it. Nil means that the token is kept for the caller for five
// seconds, in which its next call is made without asking for another. That call has to wait nevertheless if Clerk limits
// calls in between, or already limits those on its user. Any other error is that of a call that was not made: a *WaitError
// or a *KeyRefusedError. A token that is not used counts as little as one that its caller never came for.
func (c *Client) Reserve() error { return c.backend.limiter.reserve(c.backend.caller, c.backend.keyID) }

// ProbeKey finds out whether Clerk accepts again a key that the rate limiter knows as refused. It counts users, because
// GET /instance, which tells whose key it is, may be answered where nothing else is. If the call succeeds, calls go out again
// and the rate limiter calls OnRecovered. A key that was refused again a moment after that waits for its back-off first. Nil
// is for a key that is not refused, or no longer. The error is a *WaitError while somebody else's call is about to tell.
func (c *Client) ProbeKey(ctx context.Context) error {
	if !c.backend.limiter.hasten(c.backend.keyID) {
		return nil
	}
	_, err := c.CountUsers(ctx)
	if closed, ok := errors.AsType[*KeyRefusedError](err); ok && !closed.Repeated {
		return &WaitError{At: closed.At}
	}
	return err
}

// call makes one call and reads its answer.
func (c *Client) call(ctx context.Context, method, path string, params clerksdk.Params, into clerksdk.ResponseReader) error {
	req := clerksdk.NewAPIRequest(method, path)
	req.SetParams(params)
	return c.backend.Call(ctx, req, into)
}
