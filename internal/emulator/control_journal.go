// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// entryDocument is a journal entry, with the request's body if requested.
type entryDocument struct {
	Entry
	Body *string `json:"body,omitempty"`
}

// controlGetJournal returns the journal, oldest first. Query parameters select an instance (instance), requests
// (method, path as in a fault), later entries (since, a seq), and bodies (body=true).
func (s *Server) controlGetJournal(r *http.Request) (any, error) {
	query := r.URL.Query()
	i, err := s.selectedOrAll(r)
	if err != nil {
		return nil, err
	}
	since, err := number(query.Get("since"))
	if err != nil {
		return nil, fmt.Errorf("since: %w", err)
	}
	entries := s.Journal()
	if i != nil {
		entries = i.Journal()
	}
	documents := []entryDocument{}
	for _, e := range entries.Matching(query.Get("method"), query.Get("path")) {
		if e.Seq <= since {
			continue
		}
		document := entryDocument{Entry: e}
		if query.Get("body") == "true" {
			document.Body = new(string(e.Body))
		}
		documents = append(documents, document)
	}
	return documents, nil
}

func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.Atoi(text)
}

func (s *Server) controlResetJournal(r *http.Request) (any, error) {
	i, err := s.selectedOrAll(r)
	switch {
	case err != nil:
		return nil, err
	case i != nil:
		i.ResetJournal()
	default:
		s.ResetJournal()
	}
	return map[string]bool{"reset": true}, nil
}

// faultDocument is a Fault with its delay as text.
type faultDocument struct {
	Fault
	Delay textDuration `json:"delay,omitempty"`
}

func (s *Server) controlListFaults(r *http.Request) (any, error) {
	i, err := s.selectedOrAll(r)
	if err != nil {
		return nil, err
	}
	list := s.Faults()
	if i != nil {
		list = i.Faults()
	}
	documents := []faultDocument{}
	for _, f := range list {
		documents = append(documents, faultDocument{Fault: f, Delay: textDuration(f.Delay)})
	}
	return documents, nil
}

func (s *Server) controlInjectFault(r *http.Request) (any, error) {
	i, err := s.selectedOrAll(r)
	if err != nil {
		return nil, err
	}
	var requested faultDocument
	if err := readJSON(r, &requested); err != nil {
		return nil, err
	}
	f := requested.Fault
	f.Delay = time.Duration(requested.Delay)
	switch {
	case i != nil:
		f.Instance = i.id
	case f.Instance != "" && s.Instance(f.Instance) == nil:
		return nil, controlError{http.StatusNotFound, fmt.Sprintf("no instance %q", f.Instance)}
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return nil, controlError{http.StatusBadRequest, "status: must lie between 200 and 599"}
	}
	return map[string]string{"id": s.InjectFault(f)}, nil
}

func (s *Server) controlClearFaults(r *http.Request) (any, error) {
	i, err := s.selectedOrAll(r)
	switch {
	case err != nil:
		return nil, err
	case i != nil:
		i.ClearFaults()
	default:
		s.ClearFaults()
	}
	return map[string]bool{"cleared": true}, nil
}

func (s *Server) controlRemoveFault(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if !s.RemoveFault(id) {
		return nil, controlError{http.StatusNotFound, fmt.Sprintf("no fault %q", id)}
	}
	return map[string]bool{"removed": true}, nil
}
