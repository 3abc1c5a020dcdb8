// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestChangesAreTold makes each kind of change, after which nobody waits any more.
func TestChangesAreTold(t *testing.T) {
	t.Parallel()
	s := New(Config{})
	i := s.AddInstance(InstanceConfig{})
	u := i.Seed(User{})
	faulty := s.InjectFault(Fault{Times: -1})
	for _, change := range []struct {
		name string
		make func() error
	}{
		{"Seed", func() error { i.Seed(User{}); return nil }},
		{"Edit", func() error { _, err := i.Edit(u.ID, func(u *User) { u.Banned = true }); return err }},
		{"Request", func() error {
			s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, BasePath+"/users", http.NoBody))
			return nil
		}},
		{"InjectFault", func() error { s.InjectFault(Fault{}); return nil }},
		{"RemoveFault", func() error { s.RemoveFault(faulty); return nil }},
		{"ClearFaults", func() error { i.ClearFaults(); return nil }},
		{"ResetJournal", func() error { i.ResetJournal(); return nil }},
		{"Delete", func() error { return i.Delete(u.ID) }},
		{"Reset", func() error { i.Reset(); return nil }},
	} {
		first, second := s.Changed(), s.Changed()
		select {
		case <-first:
			t.Fatalf("before %s, a change is told that is not there", change.name)
		default:
		}
		if err := change.make(); err != nil {
			t.Fatal(err)
		}
		for _, changed := range []<-chan struct{}{first, second} {
			select {
			case <-changed:
			default:
				t.Errorf("nobody is told of %s", change.name)
			}
		}
	}
}
