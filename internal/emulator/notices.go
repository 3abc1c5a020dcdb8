// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
	"time"
)

// NoticeKind is the subject of a notice.
type NoticeKind string

const (
	// PasskeyDeleted notifies a user about a deleted passkey. Clerk always sends it.
	PasskeyDeleted NoticeKind = "passkey_deleted"
	// PrimaryEmailAddressChanged notifies a user about a new primary address. Clerk sends it if the request asks for it.
	PrimaryEmailAddressChanged NoticeKind = "primary_email_address_changed"
)

// Notice is a mail that Clerk would have sent to a user. The emulator sends nothing.
type Notice struct {
	Time   time.Time  `json:"time"`
	Kind   NoticeKind `json:"kind"`
	UserID string     `json:"user_id"`
	// About is the id of the passkey or address that the notice is about.
	About string `json:"about"`
}

// notify records a mail to a user.
func (c *call) notify(kind NoticeKind, userID, about string) {
	c.instance.store.notices = append(c.instance.store.notices, Notice{Time: c.now, Kind: kind, UserID: userID, About: about})
}

// Notices returns the mails that Clerk would have sent to the instance's users since the last Reset, oldest first,
// without codes for verifications.
func (i *Instance) Notices() []Notice {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.store.notices)
}

// controlListNotices returns the notices of the selected instance.
func (s *Server) controlListNotices(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	return notNil(i.Notices()), nil
}
