// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestChangeCountsWhenItsGenerationIsReady(t *testing.T) {
	t.Parallel()
	user := newPeople(1).user(usersNamespace, "ann")
	r := &readiness{waiting: map[client.ObjectKey]wait{}}
	b := newBatch(1)
	r.expect(b, client.ObjectKeyFromObject(user), 2)
	for _, condition := range []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, ObservedGeneration: 2},
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1},
		{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, ObservedGeneration: 2},
	} {
		user.Status.Conditions = []metav1.Condition{condition}
		r.note(user, false, time.Now())
		if b.left() != 1 {
			t.Fatalf("%+v is taken for Ready", condition)
		}
	}
	user.Status.Conditions[0] = metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 2}
	r.note(user, true, time.Now())
	if b.left() != 1 {
		t.Fatal("what is gone is taken for Ready")
	}
	r.note(user, false, time.Now().Add(time.Second))
	if err := b.wait(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if b.times[0] < time.Second || b.times[0] > time.Minute {
		t.Errorf("it took %s, want a second", b.times[0])
	}
	// The same event again is not another change.
	r.note(user, false, time.Now())
}

func TestDeletionCountsWhenTheObjectIsGone(t *testing.T) {
	t.Parallel()
	user := newPeople(1).user(usersNamespace, "ann")
	user.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1}}
	r := &readiness{waiting: map[client.ObjectKey]wait{}}
	b := newBatch(1)
	r.expect(b, client.ObjectKeyFromObject(user), 0)
	r.note(user, false, time.Now())
	if b.left() != 1 {
		t.Fatal("what is there is taken for gone")
	}
	r.note(user, true, time.Now())
	if b.left() != 0 {
		t.Error("what is gone is not noticed")
	}
}

func TestWaitingHasAnEnd(t *testing.T) {
	t.Parallel()
	if err := newBatch(1).wait(t.Context(), time.Millisecond); err == nil {
		t.Error("a change that never comes is taken for Ready")
	}
}

func TestSameSeedSamePeople(t *testing.T) {
	t.Parallel()
	first, second := newPeople(3).users("a", "user", 5), newPeople(3).users("a", "user", 5)
	for i := range first {
		if first[i].Name != second[i].Name || string(first[i].Spec.PublicMetadata.Raw) != string(second[i].Spec.PublicMetadata.Raw) {
			t.Errorf("%v and %v", first[i], second[i])
		}
	}
	chosen := newPeople(3).choose(first, 3)
	if len(chosen) != 3 || chosen[0] == chosen[1] {
		t.Errorf("chose %v", chosen)
	}
	if got := len(newPeople(3).choose(first, 9)); got != 5 {
		t.Errorf("chose %d of 5", got)
	}
}
