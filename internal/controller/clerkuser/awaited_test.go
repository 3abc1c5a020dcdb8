// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestAwaitedIdentifiers(t *testing.T) {
	t.Parallel()
	address := awaited{"ins_1", clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}}
	elsewhere := awaited{"ins_2", address.identifier}
	username := awaited{"ins_1", clerk.Identifier{Kind: clerk.KindUsername, Value: "ann"}}
	a := newAwaitedIdentifiers()
	if a.add("bob", []awaited{address, username}, start) {
		t.Error("an identifier is free that nobody has freed")
	}
	a.add("bob", []awaited{address}, start)
	a.add("eve", []awaited{elsewhere}, start)

	if got := a.free([]awaited{address}, start.Add(time.Second)); !cmp.Equal(got, []types.UID{"bob"}) {
		t.Errorf("%v are to try again, want the one that waits in this instance", got)
	}
	if got := a.free([]awaited{username}, start.Add(time.Second)); !cmp.Equal(got, []types.UID{"bob"}) {
		t.Errorf("%v are to try again, want the one that waits for the second identifier", got)
	}
	a.forget("bob")
	if got := a.free([]awaited{address, username}, start.Add(time.Second)); len(got) != 0 {
		t.Errorf("%v are to try again after they were forgotten", got)
	}
	if len(a.awaits) != 1 || len(a.objects) != 1 {
		t.Errorf("what was forgotten is kept: %v, %v", a.awaits, a.objects)
	}
}

// A refusal may be on its way while another reconciliation frees the identifier.
func TestIdentifierFreedWhileTheRefusalWasOnItsWay(t *testing.T) {
	t.Parallel()
	address := awaited{"ins_1", clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}}
	a := newAwaitedIdentifiers()
	a.free([]awaited{address}, start)
	if !a.add("bob", []awaited{address}, start.Add(-time.Second)) {
		t.Error("a call from before the identifier was freed does not count as one to repeat")
	}
	if a.add("bob", []awaited{address}, start.Add(time.Nanosecond)) {
		t.Error("a call from after the identifier was freed counts as one to repeat")
	}
	a.free(nil, start.Add(freedFor+time.Nanosecond))
	if len(a.freed) != 0 {
		t.Errorf("what was freed long ago is kept: %v", a.freed)
	}
}
