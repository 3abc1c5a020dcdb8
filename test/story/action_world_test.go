// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

type (
	action     = v1alpha1.ClerkUserAction
	actionSpec = v1alpha1.ClerkUserActionSpec
)

// allowsAll lets every action be carried out on the users of an instance.
func allowsAll(i *v1alpha1.ClerkInstance) {
	i.Spec.Policy = &v1alpha1.InstancePolicy{Actions: v1alpha1.ActionTypes()}
}

// runAction creates a ClerkUserAction on a ClerkUser.
func (w *world) runAction(name, user string, set func(*actionSpec)) {
	w.t.Helper()
	a := &action{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec:       actionSpec{UserRef: v1alpha1.UserReference{Name: user}},
	}
	set(&a.Spec)
	w.create(a)
}

func (w *world) readAction(name string) *action {
	w.t.Helper()
	a := &action{}
	w.get(a, name)
	return a
}

// turns waits until a condition of a ClerkUserAction is True for this reason.
func (w *world) turns(name, kind, reason string) *action {
	w.t.Helper()
	var a *action
	w.eventually(fmt.Sprintf("ClerkUserAction %s to turn %s %s", name, kind, reason), func() error {
		a = w.readAction(name)
		if c := meta.FindStatusCondition(a.Status.Conditions, kind); c == nil || c.Status != metav1.ConditionTrue || c.Reason != reason {
			return fmt.Errorf("its conditions are %+v", a.Status.Conditions)
		}
		return nil
	})
	checkActionStatus(w.t, a)
	return a
}

func (w *world) completes(name string) *action {
	w.t.Helper()
	return w.turns(name, v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
}

func (w *world) fails(name, reason string, says ...string) *action {
	w.t.Helper()
	a := w.turns(name, v1alpha1.ConditionFailed, reason)
	w.sayOf(a, says...)
	return a
}

// sayOf checks that the message of a ClerkUserAction's first condition names what it is about.
func (w *world) sayOf(a *action, parts ...string) {
	w.t.Helper()
	for _, part := range parts {
		if message := a.Status.Conditions[0].Message; !strings.Contains(message, part) {
			w.t.Errorf("ClerkUserAction %s says %q, which does not name %q", a.Name, message, part)
		}
	}
}

// touchUser labels a ClerkUser, which has the actions that wait for it looked at.
func (w *world) touchUser(name string) {
	w.t.Helper()
	user := w.read(name)
	before := user.DeepCopy()
	user.Labels = map[string]string{"touched": fmt.Sprint(time.Now().UnixNano())}
	if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) waits(name, reason string) {
	w.t.Helper()
	w.turns(name, v1alpha1.ConditionReconciling, reason)
}

func (w *world) actions() []action {
	w.t.Helper()
	list := &v1alpha1.ClerkUserActionList{}
	if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	return list.Items
}

// checkActionStatus fails a story whose ClerkUserAction breaks the rules that kstatus and its kind live by.
func checkActionStatus(t *testing.T, a *action) {
	t.Helper()
	conditions := a.Status.Conditions
	is := func(kind string) bool { return meta.FindStatusCondition(conditions, kind) != nil }
	switch {
	case is(v1alpha1.ConditionComplete) && len(conditions) != 1,
		is(v1alpha1.ConditionReconciling) && len(conditions) != 1,
		is(v1alpha1.ConditionFailed) && (len(conditions) != 2 || !is(v1alpha1.ConditionStalled)),
		len(conditions) == 0:
		t.Errorf("ClerkUserAction %s: these conditions do not go together: %+v", a.Name, conditions)
	case conditions[0].Type == v1alpha1.ConditionStalled:
		t.Errorf("ClerkUserAction %s: the column would show Stalled", a.Name)
	}
	over := is(v1alpha1.ConditionComplete) || is(v1alpha1.ConditionFailed)
	if over != (a.Status.CompletedAt != nil) {
		t.Errorf("ClerkUserAction %s: completedAt is %v, and the conditions are %+v", a.Name, a.Status.CompletedAt, conditions)
	}
	if a.Status.ObservedGeneration != a.Generation || a.Status.Action != a.Spec.ActionType() {
		t.Errorf("ClerkUserAction %s: the status is of something else: %+v", a.Name, a.Status)
	}
	for _, c := range conditions {
		if c.Status != metav1.ConditionTrue || c.ObservedGeneration != a.Generation || c.Reason == "" || c.Message == "" {
			t.Errorf("ClerkUserAction %s: not well formed: %+v", a.Name, c)
		}
	}
}
