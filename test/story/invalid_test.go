// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestWhatTheAPIServerCannotSeeIsRefusedWithThePath(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		metadata, says string
	}{
		"ReservedKey": {`{"clerk-operator.io/owner":"me"}`, "clerk-operator.io/"},
		"TooLarge":    {`{"a":"` + strings.Repeat("x", 9000) + `"}`, "8192"},
		"HugeInteger": {`{"id":9007199254740993}`, "quotes"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.user("ann", func(s *spec) { s.PublicMetadata = object(tc.metadata) }))
			message := env.expectReason("ann", v1alpha1.ReasonInvalidSpec).Status.Conditions[0].Message
			if !strings.Contains(message, "spec.publicMetadata") || !strings.Contains(message, tc.says) {
				t.Errorf("message: %s", message)
			}
			if n := len(env.clerk.Journal().Writes()); n != 0 {
				t.Errorf("%d writes for a spec that cannot be", n)
			}
			env.expectNoWrites()
			env.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"a":"b"}`) })
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.delete(env.read("ann"))
			env.expectGone("ann")
		})
	}
}

func TestInvalidSpecCanBeDeleted(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"a":"` + strings.Repeat("x", 9000) + `"}`) })
	env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	if env.clerk.User(id) != nil {
		t.Error("the user was left behind")
	}
}

func TestChangeThatClerkDoesNotKeepIsNotRepeated(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	answer, err := json.Marshal(env.clerk.User(id))
	if err != nil {
		t.Fatal(err)
	}
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 200, Body: string(answer), Times: -1})
	env.edit("ann", func(s *spec) { s.FirstName, s.PublicMetadata = ptr.To("Ann"), object(`{"role":"admin"}`) })
	user := env.expectReason("ann", v1alpha1.ReasonNotKept)
	if message := user.Status.Conditions[0].Message; !strings.Contains(message, "firstName") {
		t.Errorf("message: %s", message)
	}
	if env.clerk.User(id).PublicMetadata["role"] != "admin" {
		t.Error("what Clerk does keep was not written")
	}
	env.expectNoWrites()
	env.expectCalls(1, "PATCH", "/users/*")
	env.clerk.ClearFaults()
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Anna") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestUnreachableFieldIsNamedAndTheRestIsDone(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) {
		s.FirstName = ptr.To("Ann")
		s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: "r@example.com", Status: ptr.To(v1alpha1.IdentifierReserved)})
	})
	message := env.expectReason("ann", v1alpha1.ReasonInvalidSpec).Status.Conditions[0].Message
	if !strings.Contains(message, "spec.emailAddresses") {
		t.Errorf("message: %s", message)
	}
	if u := env.atClerk("ann"); *u.FirstName != "Ann" || len(u.EmailAddresses) != 1 {
		t.Errorf("the user at Clerk is %+v", u)
	}
	env.expectNoWrites()
}
