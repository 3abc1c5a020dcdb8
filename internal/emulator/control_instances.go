// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// instanceSummary is an instance in GET /_emulator/instances. It has the names of the keys, never the keys.
type instanceSummary struct {
	ID          string           `json:"id"`
	Environment Environment      `json:"environment"`
	Keys        []string         `json:"keys"`
	Users       int              `json:"users"`
	Settings    settingsDocument `json:"settings"`
}

// settingsDocument is Settings with durations as text.
type settingsDocument struct {
	Settings
	ListLag         textDuration `json:"list_lag"`
	GetLag          textDuration `json:"get_lag"`
	LockoutDuration textDuration `json:"lockout_duration"`
}

func documentOf(s Settings) settingsDocument {
	return settingsDocument{
		Settings: s, ListLag: textDuration(s.ListLag), GetLag: textDuration(s.GetLag),
		LockoutDuration: textDuration(s.LockoutDuration),
	}
}

func (d settingsDocument) settings() Settings {
	d.Settings.ListLag, d.Settings.GetLag = time.Duration(d.ListLag), time.Duration(d.GetLag)
	d.Settings.LockoutDuration = time.Duration(d.LockoutDuration)
	return d.Settings
}

func (i *Instance) summary() instanceSummary {
	keys := i.KeyIDs()
	i.mu.Lock()
	defer i.mu.Unlock()
	return instanceSummary{
		ID: i.id, Environment: i.environment, Keys: keys, Users: i.store.living, Settings: documentOf(clone(i.settings)),
	}
}

func (s *Server) controlListInstances(*http.Request) (any, error) {
	instances := s.Instances()
	summaries := make([]instanceSummary, len(instances))
	for n, i := range instances {
		summaries[n] = i.summary()
	}
	return summaries, nil
}

func (s *Server) controlAddInstance(r *http.Request) (any, error) {
	var requested struct {
		ID          string           `json:"id"`
		Environment Environment      `json:"environment"`
		Keys        []string         `json:"keys"`
		Settings    settingsDocument `json:"settings"`
	}
	if err := readJSON(r, &requested); err != nil {
		return nil, err
	}
	switch {
	case len(requested.Keys) == 0:
		return nil, controlError{http.StatusBadRequest, "keys: give at least one"}
	case requested.Environment != "" && requested.Environment != Development && requested.Environment != Production:
		return nil, controlError{http.StatusBadRequest, "environment: write development or production"}
	}
	i := s.AddInstance(InstanceConfig{
		ID: requested.ID, Environment: requested.Environment, Keys: requested.Keys, Settings: requested.Settings.settings(),
	})
	return i.summary(), nil
}

func (s *Server) controlAddKey(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	var requested struct {
		Key string `json:"key"`
	}
	if err := readJSON(r, &requested); err != nil {
		return nil, err
	}
	if requested.Key == "" {
		return nil, controlError{http.StatusBadRequest, "key: is missing"}
	}
	return map[string]string{"id": i.AddKey(requested.Key)}, nil
}

func (s *Server) controlRevokeKey(r *http.Request) (any, error) {
	id := r.PathValue("id")
	key, i := s.keyNamed(id)
	if i == nil || !i.RevokeKey(key) {
		return nil, controlError{http.StatusNotFound, fmt.Sprintf("no key %q", id)}
	}
	return map[string]bool{"revoked": true}, nil
}

// keyNamed returns the key with the given name in the journal, and its instance; nil if there is none.
func (s *Server) keyNamed(id string) (string, *Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, c := range s.keys {
		if c.id == id {
			return key, c.instance
		}
	}
	return "", nil
}

func (s *Server) controlGetSettings(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	return documentOf(i.Settings()), nil
}

func (s *Server) controlPatchSettings(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	changed, err := overlay(r, documentOf(i.Settings()))
	if err != nil {
		return nil, err
	}
	i.Configure(func(settings *Settings) { *settings = changed.settings() })
	return documentOf(i.Settings()), nil
}

type clockDocument struct {
	Now time.Time `json:"now"`
}

func (s *Server) controlGetClock(*http.Request) (any, error) {
	return clockDocument{Now: s.clock.Now()}, nil
}

// controlSetClock sets the clock and then advances it, whichever is given.
func (s *Server) controlSetClock(r *http.Request) (any, error) {
	var requested struct {
		Now     *time.Time   `json:"now"`
		Advance textDuration `json:"advance"`
	}
	if err := readJSON(r, &requested); err != nil {
		return nil, err
	}
	if requested.Now != nil {
		s.clock.Set(*requested.Now)
	}
	s.clock.Advance(time.Duration(requested.Advance))
	return clockDocument{Now: s.clock.Now()}, nil
}

func (s *Server) controlReset(r *http.Request) (any, error) {
	i, err := s.selectedOrAll(r)
	switch {
	case err != nil:
		return nil, err
	case i != nil:
		i.Reset()
	default:
		s.Reset()
	}
	return map[string]bool{"reset": true}, nil
}
