// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// userFacts are sentences about a ClerkUser beside its conditions.
func userFacts(user *v1alpha1.ClerkUser) []string {
	facts := objectFacts(user.Generation, stateOf(user))
	spec, status := &user.Spec, &user.Status
	add := func(holds bool, format string, args ...any) {
		if holds {
			facts = append(facts, fmt.Sprintf(format, args...))
		}
	}
	add(!user.DeletionTimestamp.IsZero(), "The object is being deleted. The deletion policy is %s.", cmp.Or(status.OnDelete, spec.OnDelete(status.Origin)))
	if status.UserID != "" && status.Instance != nil {
		facts = append(facts, boundFact(status))
	}
	add(status.UserID == "" && user.DeletionTimestamp.IsZero(), "The object is not bound to a user yet.")
	_, attempted := user.Annotations[v1alpha1.AnnotationCreating]
	add(attempted && status.UserID == "", "A call that creates the user was made, and its result is not recorded yet. "+
		"The operator looks for the user before it makes another.")
	add(spec.Observes(), "The mode is Observe: the operator reports differences and changes nothing.")
	add(status.DirectoryManaged != nil && *status.DirectoryManaged,
		"A directory (SCIM) manages the user, so Clerk refuses some changes and the deletion.")
	add(status.Banned != nil && *status.Banned, "The user is banned.")
	add(status.Locked != nil && *status.Locked && status.LockExpiresAt == nil, "The user is locked.")
	if status.LockExpiresAt != nil {
		add(true, "The user is locked until %s.", status.LockExpiresAt.UTC().Format(time.RFC3339))
	}
	request := user.ReconcileRequestedAt()
	add(request != "" && request != status.LastHandledReconcileAt,
		"No reconciliation has succeeded since the annotation %s was changed.", v1alpha1.AnnotationReconcileRequestedAt)
	return facts
}

func boundFact(status *v1alpha1.ClerkUserStatus) string {
	how := map[v1alpha1.Origin]string{v1alpha1.OriginCreated: ", whom the operator created", v1alpha1.OriginAdopted: ", whom the object adopted"}
	return fmt.Sprintf("The object is bound to user %s%s, in Clerk instance %s through ClerkInstance %s/%s.",
		status.UserID, how[status.Origin], status.Instance.ID, status.Instance.Namespace, status.Instance.Name)
}

// objectFacts are sentences that are the same for all kinds.
func objectFacts(generation int64, s state) []string {
	var facts []string
	if s.observedGeneration >= 0 && s.observedGeneration < generation {
		facts = append(facts, fmt.Sprintf("The present spec (generation %d) has no final result yet. The last one is that of generation %d.",
			generation, s.observedGeneration))
	}
	if len(s.undecoded) > 0 {
		facts = append(facts, "Stored values that cannot be read: "+strings.Join(s.undecoded, ", ")+".")
	}
	return facts
}

// instanceFacts are sentences about a ClerkInstance beside its conditions.
func instanceFacts(instance *v1alpha1.ClerkInstance) []string {
	facts := objectFacts(instance.Generation, stateOf(instance))
	status := &instance.Status
	if !instance.DeletionTimestamp.IsZero() {
		facts = append(facts, "The object is being deleted.")
	}
	if status.InstanceID != "" {
		facts = append(facts, fmt.Sprintf("It leads to Clerk instance %s (%s).", status.InstanceID, strings.ToLower(string(status.Environment))))
	}
	facts = append(facts, count(status.ManagedUsers, "ClerkUser is", "ClerkUsers are")+" bound through it.")
	if status.HeldDeletions > 0 {
		facts = append(facts, count(status.HeldDeletions, "ClerkUser waits", "ClerkUsers wait")+" for the deletion brake.")
		facts = append(facts, brakeFacts(instance)...)
	}
	if status.MassAbsentUsers > 0 {
		facts = append(facts, fmt.Sprintf("Of these, %d wait because Clerk's lists do not show their users.", status.MassAbsentUsers))
	}
	if n := len(status.PendingDeletions); n > 0 {
		facts = append(facts, count(int64(n), "user is", "users are")+" deleted or banned soon, whose ClerkUsers are gone.")
	}
	return facts
}

// syncFact says how often the operator looks for changes at Clerk.
func syncFact(spec *v1alpha1.ClerkInstanceSpec) string {
	return fmt.Sprintf("The operator reads Clerk's latest changes once per %s, and all users once per %s.",
		duration.HumanDuration(spec.DriftInterval()), duration.HumanDuration(spec.FullInterval()))
}

// brakeFacts say how much of the deletion brake is used.
func brakeFacts(instance *v1alpha1.ClerkInstance) []string {
	limit, window := instance.Spec.Brake(instance.Status.Environment)
	used := instance.Status.Deletions
	if limit == 0 || used == nil {
		return nil
	}
	return []string{fmt.Sprintf("The deletion brake counted %d of %d. The window of %s began at %s.",
		used.Count, limit, duration.HumanDuration(window), used.Since.UTC().Format(time.RFC3339))}
}

// actionFacts are sentences about a ClerkUserAction beside its conditions.
func actionFacts(action *v1alpha1.ClerkUserAction) []string {
	facts := objectFacts(action.Generation, stateOf(action))
	facts = append(facts, fmt.Sprintf("The action is %s on the user of ClerkUser %s.", action.Spec.ActionType(), action.Spec.UserRef.Name))
	if action.Status.StartedAt != nil {
		facts = append(facts, "The operator recorded the start of the call at "+action.Status.StartedAt.UTC().Format(time.RFC3339)+".")
	}
	if r := action.Status.Result; r != nil {
		if r.Verified != nil {
			facts = append(facts, fmt.Sprintf("The result is verified: %t.", *r.Verified))
		}
		if r.SecretName != "" {
			facts = append(facts, "The result is in Secret "+r.SecretName+".")
		}
	}
	return facts
}

// count is a number with the noun and verb for it.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
