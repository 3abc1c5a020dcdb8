// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestUserOfAGoneObject(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	unavailable := apierrors.NewServiceUnavailable("no")
	owner := func(namespace, uid, userID string) client.Object {
		return newTestUser("bob", func(u *v1alpha1.ClerkUser) {
			u.Namespace, u.UID, u.Status.UserID = namespace, "bob-uid", userID
			if uid != "" {
				u.UID = "another"
			}
		})
	}
	const mine, theirs, anew = testNamespace, "team-b", "anew"
	tests := map[string]struct {
		owner     client.Object
		fails     error
		namespace string
		unnamed   bool
		scope     v1alpha1.AdoptionScope
		want      bindKind
		reason    string
		err       error
	}{
		"GoneElsewhere":                  {namespace: theirs, want: adopted},
		"GoneHere":                       {namespace: mine, want: adopted},
		"GoneElsewhereAndNotNamed":       {namespace: theirs, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
		"GoneHereAndNotNamed":            {namespace: mine, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
		"GoneAndNotAllowed":              {namespace: theirs, scope: v1alpha1.AdoptionNone, reason: v1alpha1.ReasonAlreadyExists},
		"ThereElsewhere":                 {namespace: theirs, owner: owner(theirs, "", testUserID), reason: v1alpha1.ReasonAlreadyExists},
		"ThereHere":                      {namespace: mine, owner: owner(mine, "", testUserID), reason: v1alpha1.ReasonConflict},
		"ThereWithoutAStatus":            {namespace: theirs, owner: owner(theirs, "", ""), reason: v1alpha1.ReasonAlreadyExists},
		"ThereWithAStatusOfAnother":      {namespace: theirs, owner: owner(theirs, "", "user_other"), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatMayTakeItOver":      {namespace: theirs, owner: owner(theirs, anew, ""), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatHasIt":              {namespace: theirs, owner: owner(theirs, anew, testUserID), reason: v1alpha1.ReasonAlreadyExists},
		"NamesakeThatHasAnother":         {namespace: theirs, owner: owner(theirs, anew, "user_other"), want: adopted},
		"NobodyMayLook":                  {namespace: theirs, fails: apierrors.NewForbidden(resource, "bob", errors.New("no")), reason: v1alpha1.ReasonAlreadyExists},
		"NobodyMayLookHere":              {namespace: mine, fails: apierrors.NewForbidden(resource, "bob", errors.New("no")), reason: v1alpha1.ReasonConflict},
		"TheAPIServerDoesNotAnswer":      {namespace: theirs, fails: unavailable, err: unavailable},
		"NotLookedForWhereNobodyIsNamed": {namespace: theirs, fails: unavailable, unnamed: true, reason: v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			if !tc.unnamed {
				rec.user.Spec.UserID = new(testUserID)
			}
			if tc.scope != "" {
				rec.instance.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: &tc.scope}
			}
			var there []client.Object
			if tc.owner != nil {
				there = append(there, tc.owner)
			}
			cluster := newTestCluster(t, there...)
			r.APIReader = interceptor.NewClient(cluster, interceptor.Funcs{Get: func(
				ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption,
			) error {
				if tc.fails != nil {
					return tc.fails
				}
				return c.Get(ctx, key, o, options...)
			}})
			mark := plan.Mark{Cluster: testCluster, Namespace: tc.namespace, Name: "bob", UID: "bob-uid", Origin: v1alpha1.OriginCreated}
			got, err := stepsOf(r).locate(withoutRights(rec)).claim(t.Context(), clerkUser("ann@example.com", withMark(mark)))
			found, _ := errors.AsType[*reconcile.Problem](err)
			switch {
			case got != tc.want:
				t.Errorf("claimed with bindKind %d, want %d (%v)", got, tc.want, err)
			case tc.err != nil && !errors.Is(err, tc.err), tc.err == nil && (err == nil) != (tc.reason == ""):
				t.Errorf("error %v, want %v, reason %q", err, tc.err, tc.reason)
			case tc.reason != "" && (found == nil || found.Reason != tc.reason):
				t.Errorf("error %v, want reason %s", err, tc.reason)
			case tc.reason != "" && tc.namespace == theirs && !errors.Is(err, errAlreadyExists):
				t.Errorf("error %v shows that the user is managed", err)
			}
		})
	}
}
