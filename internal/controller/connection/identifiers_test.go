// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// delivered empties the queue of objects that can try again.
func delivered(i *Identifiers) []string {
	var uids []string
	for _, freed := range i.freed.Take() {
		uids = append(uids, freed.UID+" "+freed.Identifier.Value)
	}
	slices.SortFunc(uids, strings.Compare)
	return uids
}

func TestFreedIdentifiersReachThoseThatWereRefusedThem(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	address := []clerk.Identifier{{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}}
	wallet := []clerk.Identifier{{Kind: clerk.KindWeb3Wallet, Value: "0xABCDef"}}
	folded := []clerk.Identifier{{Kind: clerk.KindWeb3Wallet, Value: "0xabcdef"}}
	i := newIdentifiers()
	i.Await("bob", "ins_1", append(slices.Clone(address), wallet...), start)
	i.Await("bob", "ins_1", address, start)
	i.Await("eve", "ins_2", address, start)
	if got := delivered(i); got != nil {
		t.Errorf("%v are to try again although nothing was freed", got)
	}
	i.Free("ins_1", address, start.Add(time.Second))
	if diff := cmp.Diff([]string{"bob ann@example.com"}, delivered(i)); diff != "" {
		t.Errorf("to try again (-want +got):\n%s", diff)
	}
	i.Free("ins_1", folded, start.Add(time.Second))
	if diff := cmp.Diff([]string{"bob 0xabcdef"}, delivered(i)); diff != "" {
		t.Errorf("to try again (-want +got):\n%s", diff)
	}
	i.Forget("bob")
	i.Free("ins_1", append(address, folded...), start.Add(time.Second))
	if got := delivered(i); got != nil {
		t.Errorf("%v are to try again after they were forgotten", got)
	}
	if len(i.awaited) != 1 || len(i.objects) != 1 {
		t.Errorf("what was forgotten is kept: %v, %v", i.awaited, i.objects)
	}
}

// A refusal may arrive after another reconciliation has freed the identifier.
func TestIdentifierFreedWhileTheRefusalWasOnItsWay(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	address := []clerk.Identifier{{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}}
	i := newIdentifiers()
	i.Free("ins_1", address, start)
	i.Await("bob", "ins_1", address, start.Add(time.Nanosecond))
	if got := delivered(i); got != nil {
		t.Errorf("a call from after the identifier was freed is repeated: %v", got)
	}
	i.Await("bob", "ins_1", address, start.Add(-time.Second))
	if diff := cmp.Diff([]string{"bob ann@example.com"}, delivered(i)); diff != "" {
		t.Errorf("to try again (-want +got):\n%s", diff)
	}
	i.Free("ins_1", nil, start.Add(freedFor+time.Nanosecond))
	if len(i.times) != 0 {
		t.Errorf("what was freed long ago is kept: %v", i.times)
	}
}
