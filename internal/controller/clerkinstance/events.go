// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
)

// Actions of events. client-go counts events of one object with the same reason and action on the first of them, so an event that
// ends something has another action than one that begins something for the same reason.
const (
	actionCheck  = "CheckKey"
	actionResume = "Resume"
	actionHold   = "Hold"
)

// turn is an event about something that began or ended. What was written in status before says whether it did, so that a restart
// repeats none.
type turn struct{ kind, reason, action, note string }

// recordEvents writes an event when Ready took another value or reason, and when the users of the instance as a whole turned.
func (k kind) recordEvents(ctx context.Context, before, instance *v1alpha1.ClerkInstance, o *outcome, r result) {
	was := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
	var turns []turn
	if readyChanged(was, is) {
		log.FromContext(ctx).Info("Ready changed", "status", is.Status, "reason", is.Reason, "message", is.Message)
		turns = append(turns, readyTurn(was, is, o, r))
	}
	turns = append(turns, brakeTurns(before, instance)...)
	turns = append(turns, absenceTurns(before, instance)...)
	// client-go counts an event that repeats on the first one, for six minutes, unless the version of the object differs. Without
	// a version, a key that is good and bad in turn makes one event of each kind.
	regarding := *instance
	regarding.ResourceVersion = ""
	for _, t := range turns {
		k.Recorder.Eventf(&regarding, nil, t.kind, t.reason, t.action, "%s", t.note)
	}
}

func readyChanged(was, is *metav1.Condition) bool {
	return is != nil && is.Status != metav1.ConditionUnknown && (was == nil || was.Status != is.Status || was.Reason != is.Reason)
}

// readyTurn is the event about a change of Ready. It says what that means for the ClerkUsers of the instance.
func readyTurn(was, is *metav1.Condition, o *outcome, r result) turn {
	t := turn{corev1.EventTypeNormal, is.Reason, actionCheck, is.Message}
	if is.Status != metav1.ConditionTrue {
		t.kind = corev1.EventTypeWarning
	}
	stopped := r.state != nil && r.state.Connection == nil
	switch users := clerkUsers(o.counts.users); {
	case stopped && users > 0:
		t.note += fmt.Sprintf("; until then %s not reconciled", users.are())
	case is.Reason == v1alpha1.ReasonMirrorStale && users > 0:
		t.note += fmt.Sprintf("; this concerns %s", users)
	case is.Status != metav1.ConditionTrue || was == nil || was.Status != metav1.ConditionFalse:
	case was.Reason == v1alpha1.ReasonMirrorStale:
		t.action, t.note = actionResume, "the operator reads Clerk's list of users again and notices changes made at Clerk"
	default:
		t.action = actionResume
		if users > 0 {
			t.note += fmt.Sprintf("; %s reconciled again", users.are())
		}
	}
	return t
}

// brakeTurns are the events about deletions and re-creations that the deletion brake begins to hold, and no longer holds.
func brakeTurns(before, instance *v1alpha1.ClerkInstance) []turn {
	held, still := braked(before), braked(instance)
	switch {
	case held == 0 && still > 0:
		return []turn{{corev1.EventTypeWarning, v1alpha1.EventDeletionsHeld, actionHold, fmt.Sprintf(
			"the deletion brake holds %s; if what they wait for is intended, release it with: %s",
			clerkUsers(still), brake.ReleaseCommand(client.ObjectKeyFromObject(instance)))}}
	case held > 0 && still == 0:
		return []turn{{corev1.EventTypeNormal, v1alpha1.EventDeletionsResumed, actionResume, "the deletion brake holds no ClerkUser any more"}}
	}
	return nil
}

// braked is how many ClerkUsers the deletion brake holds.
func braked(instance *v1alpha1.ClerkInstance) int64 {
	return instance.Status.HeldDeletions - instance.Status.MassAbsentUsers
}

// absenceTurns are the events about users that vanished from Clerk's lists together with many others, and the end of that.
func absenceTurns(before, instance *v1alpha1.ClerkInstance) []turn {
	absent, still := before.Status.MassAbsentUsers, instance.Status.MassAbsentUsers
	switch {
	case absent == 0 && still > 0:
		return []turn{{corev1.EventTypeWarning, v1alpha1.EventMassAbsence, actionHold, fmt.Sprintf(
			"Clerk's lists no longer show the users of %s, which is probably a fault; the operator leaves them alone until the lists show them again; "+
				"if it is intended, have each user checked and treated as missing with: %s",
			clerkUsers(still), brake.ReleaseCommand(client.ObjectKeyFromObject(instance)))}}
	case absent > 0 && still == 0:
		return []turn{{
			corev1.EventTypeNormal, v1alpha1.EventMassAbsenceEnded, actionResume,
			"no ClerkUser waits any more because Clerk's lists do not show its user",
		}}
	}
	return nil
}

// clerkUsers is a number of ClerkUsers.
type clerkUsers int64

// String returns the number with its noun.
func (n clerkUsers) String() string {
	if n == 1 {
		return "1 ClerkUser"
	}
	return fmt.Sprintf("%d ClerkUsers", int64(n))
}

// are returns the number with its noun and verb.
func (n clerkUsers) are() string {
	if n == 1 {
		return n.String() + " is"
	}
	return n.String() + " are"
}
