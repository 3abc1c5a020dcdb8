// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"net/http/httptest"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// Every story's requests and answers are held to Clerk's OpenAPI document: newSerialEnvironment sees to that. This one says whether the
// document was there, and that nothing the operator sends goes past it.
func TestStoriesAreHeldToClerksDocument(t *testing.T) {
	c := contract.Need(t)
	env := newEnvironment(t)
	held := httptest.NewServer(c.Wrap(env.server))
	t.Cleanup(held.Close)
	env.url = held.URL
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To(held.URL + "/v1") })
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.halt()
	held.Close()
	for _, v := range c.Violations() {
		t.Error(v)
	}
	if sent, checked := len(env.clerk.Journal()), c.Exchanges(); sent != checked || sent == 0 {
		t.Errorf("%d requests were sent and %d checked", sent, checked)
	}
}
