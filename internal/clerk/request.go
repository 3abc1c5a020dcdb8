// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

const (
	apiVersion = "2026-05-12"

	// An answer has at most answerBase bytes plus answerPerItem for each requested item. A user's metadata alone has up to
	// 24 KiB, and six times that if every character is escaped as \u003c. Users can write a third of it themselves, and
	// must not be able to make a list unreadable.
	answerBase    = 64 << 10
	answerPerItem = 160 << 10
	maxListLimit  = 500
)

// pathShape is the shape of all paths. Ids are checked before; this check ensures that no other text gets into a path.
var pathShape = regexp.MustCompile(`^(/[A-Za-z0-9_-]+)+$`)

// request is a call that is ready to be sent.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	contentType  string
	// quiet means that a refusal is not quoted.
	quiet bool
}

// quiet is implemented by the params of calls with values that cannot be found in Clerk's text, because they are not
// text or only Clerk knows them.
type quiet interface{ quiet() }

// newRequest converts the SDK's request.
func newRequest(api *clerksdk.APIRequest) (*request, error) {
	if !pathShape.MatchString(api.Path) {
		return nil, fmt.Errorf("%.64q is not a path of the API", api.Path)
	}
	r := &request{method: api.Method, path: api.Path}
	_, r.quiet = api.Params.(quiet)
	if api.Params == nil {
		return r, nil
	}
	if api.Method == http.MethodGet {
		r.query = api.Params.ToQuery()
		return r, nil
	}
	var err error
	if r.body, r.contentType, err = api.Params.ToMultipart(); err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	if r.contentType != "" {
		return r, nil
	}
	r.contentType = "application/json"
	if r.body, err = compactJSON(api.Params); err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	return r, nil
}

func (r *request) write() bool { return r.method != http.MethodGet }

// http returns the request for the transport. Without params it has no body.
func (r *request) http(ctx context.Context, base string) (*http.Request, error) {
	target := base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.contentType != "" {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("making the request: %w", withoutURL(err))
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Clerk-Api-Version", apiVersion)
	return req, nil
}

// answerLimit returns the maximum size of the answer in bytes.
func (r *request) answerLimit() int64 {
	items, err := strconv.Atoi(r.query.Get("limit"))
	if err != nil {
		items = 1
	}
	return answerBase + answerPerItem*int64(min(max(items, 1), maxListLimit))
}
