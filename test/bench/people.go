// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// people generates ClerkUsers like those of a team. The same seed generates the same ones.
type people struct{ random *rand.Rand }

func newPeople(seed uint64) *people {
	return &people{random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // it has to repeat itself, and guards nothing
}

// user returns a ClerkUser with a unique name, an address, a person's name, a role for the front end and a cost center
// for the back end.
func (p *people) user(namespace, name string) *v1alpha1.ClerkUser {
	roles := []string{"viewer", "editor", "billing", "support", "admin"}
	public := map[string]any{
		"role": roles[p.random.IntN(len(roles))],
		"team": fmt.Sprintf("team-%d", p.random.IntN(50)),
		"limits": map[string]any{
			"projects": p.random.IntN(100),
			"seats":    p.random.IntN(1000),
		},
	}
	private := map[string]any{"costCenter": fmt.Sprintf("cc-%04d", p.random.IntN(10000))}
	return &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.ClerkUserSpec{
			InstanceRef:     &v1alpha1.InstanceReference{Namespace: ptr.To(usersNamespace), Name: instanceName},
			EmailAddresses:  []v1alpha1.EmailAddress{{Address: name + "@example.com"}},
			FirstName:       ptr.To(fmt.Sprintf("First%d", p.random.IntN(1000))),
			LastName:        ptr.To(fmt.Sprintf("Last%d", p.random.IntN(1000))),
			PublicMetadata:  object(public),
			PrivateMetadata: object(private),
		},
	}
}

// users returns count ClerkUsers whose names have a common prefix.
func (p *people) users(namespace, prefix string, count int) []*v1alpha1.ClerkUser {
	users := make([]*v1alpha1.ClerkUser, count)
	for i := range users {
		users[i] = p.user(namespace, fmt.Sprintf("%s-%06d", prefix, i))
	}
	return users
}

// choose returns count different users, or all if there are fewer.
func (p *people) choose(users []*v1alpha1.ClerkUser, count int) []*v1alpha1.ClerkUser {
	var chosen []*v1alpha1.ClerkUser
	for _, i := range p.random.Perm(len(users))[:min(count, len(users))] {
		chosen = append(chosen, users[i])
	}
	return chosen
}

func object(values map[string]any) *runtime.RawExtension {
	raw, _ := json.Marshal(values)
	return &runtime.RawExtension{Raw: raw}
}
