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
	"github.com/clerk-operator/clerk-operator/test/kstatus"
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
func (env *environment) runAction(name, user string, set func(*actionSpec)) {
	env.t.Helper()
	a := &action{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Spec:       actionSpec{UserRef: v1alpha1.UserReference{Name: user}},
	}
	set(&a.Spec)
	env.create(a)
}

func (env *environment) readAction(name string) *action {
	env.t.Helper()
	a := &action{}
	env.get(a, name)
	return a
}

// expectCondition waits until a condition of a ClerkUserAction is True for this reason.
func (env *environment) expectCondition(name, kind, reason string) *action {
	env.t.Helper()
	var a *action
	env.eventually(fmt.Sprintf("ClerkUserAction %s to turn %s %s", name, kind, reason), func() error {
		a = env.readAction(name)
		if c := meta.FindStatusCondition(a.Status.Conditions, kind); c == nil || c.Status != metav1.ConditionTrue || c.Reason != reason {
			return fmt.Errorf("its conditions are %+v", a.Status.Conditions)
		}
		return nil
	})
	checkActionStatus(env.t, a)
	return a
}

func (env *environment) expectComplete(name string) *action {
	env.t.Helper()
	return env.expectCondition(name, v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
}

func (env *environment) expectFailed(name, reason string, says ...string) *action {
	env.t.Helper()
	a := env.expectCondition(name, v1alpha1.ConditionFailed, reason)
	env.expectActionMessage(a, says...)
	return a
}

// expectActionMessage checks that the message of a ClerkUserAction's first condition names what it is about.
func (env *environment) expectActionMessage(a *action, parts ...string) {
	env.t.Helper()
	for _, part := range parts {
		if message := a.Status.Conditions[0].Message; !strings.Contains(message, part) {
			env.t.Errorf("ClerkUserAction %s has the message %q, which does not contain %q", a.Name, message, part)
		}
	}
}

// touchUser labels a ClerkUser, which has the actions that wait for it looked at.
func (env *environment) touchUser(name string) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	user.Labels = map[string]string{"touched": fmt.Sprint(time.Now().UnixNano())}
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
}

func (env *environment) expectWaiting(name, reason string) {
	env.t.Helper()
	env.expectCondition(name, v1alpha1.ConditionReconciling, reason)
}

func (env *environment) actions() []action {
	env.t.Helper()
	list := &v1alpha1.ClerkUserActionList{}
	if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
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
	want := kstatus.InProgress
	switch {
	case is(v1alpha1.ConditionComplete):
		want = kstatus.Current
	case is(v1alpha1.ConditionFailed):
		want = kstatus.Failed
	}
	if got := kstatus.Of(a, a.Status.ObservedGeneration, conditions); got != want && a.DeletionTimestamp.IsZero() {
		t.Errorf("ClerkUserAction %s: kstatus is %s, want %s", a.Name, got, want)
	}
	for _, c := range conditions {
		if c.Status != metav1.ConditionTrue || c.ObservedGeneration != a.Generation || c.Reason == "" || c.Message == "" {
			t.Errorf("ClerkUserAction %s: not well formed: %+v", a.Name, c)
		}
	}
}
