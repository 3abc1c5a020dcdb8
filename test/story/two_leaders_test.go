// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestTwoOperatorsLeaveNothingBehind has two of them work on the same users, as when one works without the lease. They may get
// into each other's way, but what leaves the spec leaves Clerk.
func TestTwoOperatorsLeaveNothingBehind(t *testing.T) {
	env := newRunningEnvironment(t)
	other := *env
	other.start()
	names := []string{"ann", "bob", "cat", "dan"}
	for _, name := range names {
		env.create(env.user(name))
	}
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	for i := range 8 {
		key := fmt.Sprintf("key%d", i)
		for _, name := range names {
			env.edit(name, func(s *spec) {
				s.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"` + key + `":true}`)}
				s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address(name)}, {Address: key + "-" + address(name)}}
			})
		}
		if i%2 == 0 {
			for _, name := range names {
				env.expectReason(name, v1alpha1.ReasonInSync)
			}
		}
	}
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
		want := []string{address(name), "key7-" + address(name)}
		env.eventually("what has left the spec of "+name+" to leave Clerk", func() error {
			user := env.atClerk(name)
			var got []string
			for _, e := range user.EmailAddresses {
				got = append(got, e.EmailAddress)
			}
			slices.Sort(got)
			if metadata, _ := json.Marshal(user.PublicMetadata); !slices.Equal(got, want) || string(metadata) != `{"key7":true}` {
				return fmt.Errorf("addresses are %v, and metadata %s", got, metadata)
			}
			return nil
		})
	}
	if users := env.clerk.Users(); len(users) != len(names) {
		t.Errorf("%d users are at Clerk, want %d", len(users), len(names))
	}
}
