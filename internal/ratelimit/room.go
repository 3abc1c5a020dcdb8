// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "time"

// room is the time for which the window keeps room for the token of a request.
type room struct {
	request *request
	until   time.Time
}

// keepRoom keeps room in the window for the token of a request.
func (s *scheduler) keepRoom(r *request, until time.Time) room {
	s.giveRoom(r)
	r.roomUntil = until
	s.window.kept++
	return room{request: r, until: until}
}

// giveRoom releases the room that the window keeps for the token of a request.
func (s *scheduler) giveRoom(r *request) {
	if !r.roomUntil.IsZero() {
		r.roomUntil = time.Time{}
		s.window.kept--
	}
}

// split returns the requests whose room has ended and the rooms that have not.
func split(rooms []room, now time.Time) ([]*request, []room) {
	var ended []*request
	for len(rooms) > 0 && !now.Before(rooms[0].until) {
		// Otherwise the token was used, or room is kept for longer.
		if first := rooms[0]; first.request.roomUntil.Equal(first.until) {
			ended = append(ended, first.request)
		}
		rooms = rooms[1:]
	}
	return ended, rooms
}
