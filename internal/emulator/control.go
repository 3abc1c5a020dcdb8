// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// controlRoutes returns the requests that read and change the emulator itself. They need no key, are not in the
// journal, and no fault affects them.
func (s *Server) controlRoutes() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]controlOperation{
		"GET /instances":      s.controlListInstances,
		"POST /instances":     s.controlAddInstance,
		"POST /keys":          s.controlAddKey,
		"DELETE /keys/{id}":   s.controlRevokeKey,
		"GET /settings":       s.controlGetSettings,
		"PATCH /settings":     s.controlPatchSettings,
		"GET /users":          s.controlListUsers,
		"POST /users":         s.controlSeedUser,
		"GET /users/{id}":     s.controlGetUser,
		"PATCH /users/{id}":   s.controlEditUser,
		"DELETE /users/{id}":  s.controlDeleteUser,
		"GET /notices":        s.controlListNotices,
		"GET /codes":          s.controlListCodes,
		"GET /journal":        s.controlGetJournal,
		"DELETE /journal":     s.controlResetJournal,
		"GET /faults":         s.controlListFaults,
		"POST /faults":        s.controlInjectFault,
		"DELETE /faults":      s.controlClearFaults,
		"DELETE /faults/{id}": s.controlRemoveFault,
		"GET /clock":          s.controlGetClock,
		"POST /clock":         s.controlSetClock,
		"POST /reset":         s.controlReset,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.Handle(method+" "+ControlPath+path, answer)
	}
	mux.Handle("/", controlOperation(func(r *http.Request) (any, error) {
		return nil, controlError{http.StatusNotFound, fmt.Sprintf("no control request %s %s", r.Method, r.URL.Path)}
	}))
	// Without this, any page that is open in a browser of this machine could send them. Programs such as curl send no origin.
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(controlOperation(func(*http.Request) (any, error) {
		return nil, controlError{http.StatusForbidden, "a page of another origin sent this request from a browser"}
	}))
	return addressed(protection.Handler(mux))
}

// controlOperation answers a control request. An error that is no controlError is a mistake of the caller.
type controlOperation func(*http.Request) (any, error)

// controlError is a refusal with its own status.
type controlError struct {
	status int
	text   string
}

// Error returns what is wrong with the request.
func (e controlError) Error() string { return e.text }

// ServeHTTP answers in JSON; a refusal is {"error": "…"}.
func (op controlOperation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := op(r)
	if err == nil {
		writeJSON(w, http.StatusOK, result)
		return
	}
	status := http.StatusBadRequest
	if refusal, own := errors.AsType[controlError](err); own {
		status = refusal.status
	}
	if errors.Is(err, ErrNoUser) {
		status = http.StatusNotFound
	}
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

// selected returns the instance that the query parameter instance names, or the only one there is.
func (s *Server) selected(r *http.Request) (*Instance, error) {
	if id := r.URL.Query().Get("instance"); id != "" {
		if i := s.Instance(id); i != nil {
			return i, nil
		}
		return nil, controlError{http.StatusNotFound, fmt.Sprintf("no instance %q", id)}
	}
	instances := s.Instances()
	if len(instances) == 1 {
		return instances[0], nil
	}
	return nil, controlError{http.StatusBadRequest,
		fmt.Sprintf("there are %d instances: add ?instance=<id> with an id from GET %s/instances", len(instances), ControlPath)}
}

// selectedOrAll returns the instance that the query parameter instance names, or nil for all.
func (s *Server) selectedOrAll(r *http.Request) (*Instance, error) {
	if r.URL.Query().Get("instance") == "" {
		return nil, nil
	}
	return s.selected(r)
}

// readJSON decodes a request's body into target and refuses unknown fields.
func readJSON(r *http.Request, target any) error {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return fmt.Errorf("reading the body: %w", err)
	}
	return decodeStrictly(raw, target)
}

func decodeStrictly(raw []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("decoding the body: %w", err)
	}
	return nil
}

// overlay returns current with each member that the request's body has replaced as a whole.
func overlay[T any](r *http.Request, current T) (T, error) {
	var changed T
	var changes map[string]json.RawMessage
	if err := readJSON(r, &changes); err != nil {
		return changed, err
	}
	raw, err := json.Marshal(current)
	if err != nil {
		return changed, fmt.Errorf("encoding the present state: %w", err)
	}
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &members); err != nil {
		return changed, fmt.Errorf("decoding the present state: %w", err)
	}
	maps.Copy(members, changes)
	if raw, err = json.Marshal(members); err != nil {
		return changed, fmt.Errorf("encoding the changed state: %w", err)
	}
	return changed, decodeStrictly(raw, &changed)
}

// textDuration is a duration as text, for example "1m30s".
type textDuration time.Duration

// MarshalText writes the duration as time.Duration prints it.
func (d textDuration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *textDuration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = textDuration(parsed)
	return err
}
