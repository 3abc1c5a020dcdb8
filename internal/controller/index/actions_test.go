// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestActionsAreFoundUntilTheyAreOver(t *testing.T) {
	t.Parallel()
	i := &indexer[*v1alpha1.ClerkUserAction]{fields: map[string]client.IndexerFunc{}}
	if err := RegisterActions(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	value := &v1alpha1.SecretValue{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "codes", Key: "code"}}
	turned := func(kind string, status metav1.ConditionStatus) func(*v1alpha1.ClerkUserAction) {
		return func(a *v1alpha1.ClerkUserAction) {
			a.Spec.VerifyTOTP = value
			a.Status.Conditions = []metav1.Condition{{Type: kind, Status: status}}
		}
	}
	found := map[string][]string{ActionUser: {"ann"}, ActionSource: {"Secret/team-a/codes"}}
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUserAction)
		want   map[string][]string
	}{
		"ReadsNoSecret": {
			func(a *v1alpha1.ClerkUserAction) { a.Spec.DisableMFA = &v1alpha1.NoParameters{} },
			map[string][]string{ActionUser: {"ann"}, ActionSource: nil},
		},
		"ReadsACode":     {func(a *v1alpha1.ClerkUserAction) { a.Spec.VerifyTOTP = value }, found},
		"ReadsAPassword": {func(a *v1alpha1.ClerkUserAction) { a.Spec.VerifyPassword = value }, found},
		"IsAtWork":       {turned(v1alpha1.ConditionReconciling, metav1.ConditionTrue), found},
		"NotComplete":    {turned(v1alpha1.ConditionComplete, metav1.ConditionFalse), found},
		"Complete":       {turned(v1alpha1.ConditionComplete, metav1.ConditionTrue), map[string][]string{ActionUser: nil, ActionSource: nil}},
		"Failed":         {turned(v1alpha1.ConditionFailed, metav1.ConditionTrue), map[string][]string{ActionUser: nil, ActionSource: nil}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			action := &v1alpha1.ClerkUserAction{
				ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "action"},
				Spec:       v1alpha1.ClerkUserActionSpec{UserRef: v1alpha1.UserReference{Name: "ann"}},
			}
			tc.change(action)
			got := map[string][]string{}
			for field, values := range i.fields {
				got[field] = values(action)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
		})
	}
	for field, values := range i.fields {
		if got := values(&corev1.Secret{}); got != nil {
			t.Errorf("%s of what is no ClerkUserAction is %v", field, got)
		}
	}
}

func TestActionIndexThatIsRefused(t *testing.T) {
	t.Parallel()
	refusal := errors.New("indexed already")
	err := RegisterActions(t.Context(), &indexer[*v1alpha1.ClerkUserAction]{fields: map[string]client.IndexerFunc{}, err: refusal})
	if !errors.Is(err, refusal) {
		t.Errorf("RegisterActions() = %v, want %v in it", err, refusal)
	}
}
