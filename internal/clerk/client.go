// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultUserAgent = "clerk-operator"
)

// Config makes a Client.
type Config struct {
	// APIURL is the base of all paths, for instance https://api.clerk.com/v1. Empty is that.
	APIURL string
	// Key is the instance's secret key.
	Key string `json:"-"`
	// Office gives out the tickets for calls to this instance; all its clients share it. Nil is an office of its own with
	// the default Budget of the key.
	Office *Office
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

// String leaves out the key.
func (c Config) String() string { return "clerk client for " + c.APIURL }

// Format prints String for every verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// Client calls the Backend API of one Clerk instance. It is safe for concurrent use. An error of any of its calls is
// understood with the predicates of this package.
type Client struct{ backend *backend }

// New returns a client, or an error if the URL or the key cannot be used. It makes no call.
func New(config Config) (*Client, error) {
	base, err := parseBase(config.APIURL)
	if err != nil {
		return nil, err
	}
	if !keyShape.MatchString(config.Key) {
		return nil, errors.New("the secret key is empty or has characters that no key has")
	}
	b := &backend{
		http:    newHTTPClient(config.Transport),
		base:    base,
		key:     newSecret(config.Key),
		keyID:   identify(config.Key),
		agent:   config.UserAgent,
		office:  config.Office,
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
func (c *Client) For(caller Caller) *Client {
	view := *c.backend
	view.caller = caller
	return &Client{backend: &view}
}

// Ready asks for the ticket of the caller's next call ahead of it. Nil means that the ticket is kept for the caller for five
// seconds, in which its next call is made without asking for another; it has to wait nevertheless if Clerk limits calls in
// between, or those on its user already. Else the error is that of a call that was not made: a *WaitError or a *ClosedError.
// A ticket that is not used counts as little as one that its caller never came for.
func (c *Client) Ready() error { return c.backend.office.ready(c.backend.caller, c.backend.keyID) }

// Reopen finds out, for a key that the office knows as refused, whether calls with it are answered again: with one call that
// counts users, since GET /instance, which tells whose a key is, may be answered where nothing else is. If that goes well,
// calls go out again, and the office's OnOpen is called. A key that was refused again a moment after that waits for its
// back-off first. Nil is for a key that is not refused, or no longer. The error is a *WaitError while somebody else's call is
// about to tell.
func (c *Client) Reopen(ctx context.Context) error {
	if !c.backend.office.hasten(c.backend.keyID) {
		return nil
	}
	_, err := c.CountUsers(ctx)
	if closed, ok := errors.AsType[*ClosedError](err); ok && !closed.Repeated {
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
