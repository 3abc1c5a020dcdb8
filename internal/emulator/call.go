// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call is one authenticated request to an instance.
type call struct {
	instance *Instance
	request  *http.Request
	body     []byte
	version  string
	now      time.Time
}

// operation carries out a call while it holds the instance's lock. Its answer must not change afterwards.
type operation func(*call) (any, error)

// id returns a part of the path by its name in the route.
func (c *call) id(name string) string { return c.request.PathValue(name) }

// settings returns the instance's settings.
func (c *call) settings() *Settings { return &c.instance.settings }

// authenticated serves an operation to callers with a key, within the instance's rate limit.
func (s *Server) authenticated(op operation) http.Handler {
	return s.limited(op, func(*http.Request) string { return "" })
}

// limited serves an operation that also counts against a bucket of its own. bucket returns the bucket's name; "" for
// none.
func (s *Server) limited(op operation, bucket func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := s.admit(w, r, bucket(r))
		if err != nil {
			writeError(w, err)
			return
		}
		result, err := c.run(op)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, result)
	})
}

// admit checks the key, the version and the rate limits of a call.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, bucket string) (*call, error) {
	instance, err := s.authenticate(r)
	if err != nil {
		return nil, err
	}
	version, err := appliedVersion(r)
	if err != nil {
		return nil, err
	}
	w.Header().Set(versionHeader, version)
	now := s.clock.Now()
	settings := instance.Settings()
	if wait := instance.limits.take("", settings.instanceRateLimit(instance.environment), now); wait > 0 {
		return nil, tooManyRequests(wait)
	}
	if bucket != "" {
		if wait := instance.limits.take(bucket, settings.userRateLimit(), now); wait > 0 {
			return nil, tooManyRequests(wait)
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "bad_request", "bad request", "The request could not be read.")
	}
	return &call{instance: instance, request: r, body: body, version: version, now: now}, nil
}

func (c *call) run(op operation) (any, error) {
	c.instance.mu.Lock()
	defer c.instance.mu.Unlock()
	return op(c)
}

// bearerToken returns the key of a request. bearer is false if the Authorization header is missing or of another kind.
func bearerToken(r *http.Request) (key string, bearer bool) {
	scheme, key, found := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(key), found && strings.EqualFold(scheme, "Bearer")
}

func (s *Server) authenticate(r *http.Request) (*Instance, error) {
	key, bearer := bearerToken(r)
	if !bearer {
		return nil, refuse(http.StatusUnauthorized, "authorization_header_format_invalid",
			"Invalid Authorization header format", `Invalid Authorization header format. Must be "Bearer <secret key>"`)
	}
	c, found := s.credential(key)
	if !found {
		return nil, refuse(http.StatusUnauthorized, "clerk_key_invalid", "The provided Clerk Secret Key is invalid.",
			"The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.")
	}
	return c.instance, nil
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"errors":[{"message":"internal error","long_message":"","code":"internal_clerk_error"}]}`)
	}
	w.Header().Set("Content-Type", contentTypeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// writeError answers with a refusal in Clerk's form. The trace id is in the body and in the headers, as recorded
// answers of the live API show.
func writeError(w http.ResponseWriter, err error) {
	refusal, known := errors.AsType[*apiError](err)
	if !known {
		refusal = refuse(http.StatusInternalServerError, "internal_clerk_error", "Oops, an unexpected error occurred", "")
	}
	trace := traceID()
	w.Header().Set("Clerk-Trace-Id", trace)
	w.Header().Set("X-Cloud-Trace-Context", trace)
	if refusal.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(refusal.retryAfter))
	}
	writeJSON(w, refusal.status, errorBody{Errors: refusal.entries, TraceID: trace})
}
