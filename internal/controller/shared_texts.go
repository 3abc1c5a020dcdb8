// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import "sync"

const (
	// maxSharedTexts and maxSharedLength limit what sharedTexts holds. Longer texts are rarely the same.
	maxSharedTexts  = 1024
	maxSharedLength = 512
)

// sharedTexts holds one copy of each of the last texts that it was given. Unlike handles of package unique, it holds them between
// two garbage collections too. That matters for objects that are decoded one by one, hours apart. It is safe for concurrent use.
type sharedTexts struct {
	mu    sync.Mutex
	known map[string]string
}

// share replaces each text by the equal one that is held. Nil is skipped.
func (s *sharedTexts) share(texts ...*string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, text := range texts {
		if text != nil {
			*text = s.held(*text)
		}
	}
}

// shareAll replaces each text of a list by the equal one that is held.
func (s *sharedTexts) shareAll(texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range texts {
		texts[i] = s.held(texts[i])
	}
}

// held returns the copy that is held of a text. When there are too many, it starts anew: what is common comes again soon.
func (s *sharedTexts) held(text string) string {
	if len(text) > maxSharedLength {
		return text
	}
	if known, found := s.known[text]; found {
		return known
	}
	if len(s.known) >= maxSharedTexts || s.known == nil {
		s.known = map[string]string{}
	}
	s.known[text] = text
	return text
}
