// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import "github.com/prometheus/client_golang/prometheus"

// descriptions are the names, labels and help texts of all metrics.
type descriptions struct {
	leading                                                 *prometheus.Desc
	usersByState, usersSuspended, usersOldest               *prometheus.Desc
	instanceInfo, instanceReady, instanceReason, keyChecked *prometheus.Desc
	brakeDeletions, brakeMax                                *prometheus.Desc
	actionsUnfinished, actionsOldest                        *prometheus.Desc
}

// all returns the descriptions in a list.
func (d descriptions) all() []*prometheus.Desc {
	return []*prometheus.Desc{
		d.leading, d.usersByState, d.usersSuspended, d.usersOldest, d.instanceInfo, d.instanceReady, d.instanceReason, d.keyChecked,
		d.brakeDeletions, d.brakeMax, d.actionsUnfinished, d.actionsOldest,
	}
}

func describe() descriptions {
	of := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("clerk_operator_"+name, help, labels, nil)
	}
	const instance, namespace, name = "clerk_instance", "resource_namespace", "resource_name"
	return descriptions{
		leading: of("leader", "1 while this process reconciles: it has the lease, or runs without leader election. Else 0."),
		usersByState: of("users", "Number of ClerkUsers by Clerk instance, and by status and reason of the condition Ready. "+
			"clerk_instance is none for ClerkUsers that lead to no ClerkInstance with a Clerk instance, or to one that does not allow their namespace. "+
			"reason is none without the condition, and other for a reason that this version does not know. "+
			"A suspended ClerkUser counts as Unknown and Suspended, also if its condition Ready is True. Leader only.",
			instance, "ready", "reason"),
		usersSuspended: of("users_suspended", "Number of ClerkUsers with spec.suspend, by Clerk instance. Leader only.", instance),
		usersOldest: of("users_oldest_not_ready_timestamp_seconds",
			"Unix time since when the ClerkUser that has not been ready for longest is not ready; 0 if all are. "+
				"Suspended ClerkUsers, and those that wait for the deletion brake (DeletionHeld) or for deletionDelay (DeletionPending), do not count. Leader only.", instance),
		instanceInfo: of("clerkinstance_info", "Always 1, for each ClerkInstance. clerk_instance is the id of its Clerk instance, none if it has none. Leader only.",
			namespace, name, instance, "environment"),
		instanceReady: of("clerkinstance_ready", "1 if the condition Ready of the ClerkInstance is True, else 0. Leader only.", namespace, name),
		instanceReason: of("clerkinstance_ready_reason", "1 for the reason of the condition Ready of the ClerkInstance, 0 for all others. "+
			"The reason is none without the condition, and other for one that this version does not know. Leader only.", namespace, name, "reason"),
		keyChecked: of("clerkinstance_last_key_check_timestamp_seconds",
			"Unix time of the last check of the key at Clerk that succeeded; 0 if there was none since the operator started. "+
				"The operator checks a key when it starts, when the key changes, and after Clerk refused it. Leader only.", namespace, name),
		brakeDeletions:    of("deletion_brake_deletions", "Number of users that the deletion brake has counted in the present window. Leader only.", instance),
		brakeMax:          of("deletion_brake_max", "Number of users that the deletion brake allows in one window; 0 if there is no brake. Leader only.", instance),
		actionsUnfinished: of("actions_unfinished", "Number of ClerkUserActions that are neither complete nor failed. Leader only."),
		actionsOldest: of("actions_oldest_unfinished_timestamp_seconds",
			"Unix time of the creation of the oldest ClerkUserAction that is neither complete nor failed; 0 if there is none. Leader only."),
	}
}
