// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"strings"
)

// aboutAnother returns an answer about another user than requested: a list with the user for a request for a list,
// otherwise the user. Without such a user it returns Clerk's error body.
func (s *Server) aboutAnother(entry *Entry, userID string) []byte {
	answer := newAnswer()
	var user *User
	if instance := s.Instance(entry.Instance); instance != nil {
		user = instance.User(userID)
	}
	switch {
	case user == nil:
		writeError(answer, notFound("user", userID))
	case entry.Method == http.MethodGet && strings.TrimPrefix(entry.Path, BasePath) == "/users":
		writeJSON(answer, http.StatusOK, []*User{user})
	default:
		writeJSON(answer, http.StatusOK, user)
	}
	return answer.body.Bytes()
}
