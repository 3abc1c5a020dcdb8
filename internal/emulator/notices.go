// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
	"time"
)

// NoticeKind says what a notice is about.
type NoticeKind string

const (
	// PasskeyDeleted tells a user that one of his passkeys was deleted; Clerk always sends it.
	PasskeyDeleted NoticeKind = "passkey_deleted"
	// PrimaryEmailAddressChanged tells a user that another address is his primary one; Clerk sends it where the request asks for it.
	PrimaryEmailAddressChanged NoticeKind = "primary_email_address_changed"
)

// Notice is a mail that Clerk would have sent to a user. Nothing is sent here.
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

// Notices returns the mails that Clerk would have sent to the instance's users since the last Reset, oldest first. Codes for a
// verification are not among them.
func (i *Instance) Notices() []Notice {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.store.notices)
}

// controlListNotices shows the notices of the selected instance.
func (s *Server) controlListNotices(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	return notNil(i.Notices()), nil
}
