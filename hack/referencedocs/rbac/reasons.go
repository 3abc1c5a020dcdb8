// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package rbac

// role is a role in config/, with the reason for each right in it.
type role struct {
	// file is below config/, and where says where its rights apply.
	file, where string
	reasons     []reason
}

// reason is why the role has verbs for resources. A resource is as kubectl writes it: resource.group/subresource, or a path.
type reason struct {
	resources, verbs []string
	why              string
}

func to(verbs, resources []string, why string) reason { return reason{resources, verbs, why} }

func words(all ...string) []string { return all }

const (
	inAllNamespaces = "A ClusterRoleBinding grants it to the operator in all namespaces."
	users           = "clerkusers.clerk-operator.io"
	instances       = "clerkinstances.clerk-operator.io"
	actions         = "clerkuseractions.clerk-operator.io"
)

// operators are the roles of an operator for all namespaces.
func operators() []role {
	return []role{
		{"rbac/role.yaml", inAllNamespaces, append(ownKinds(),
			to(words("get"), words("secrets"), "to read keys, the Secrets that specs name, and the operator's own key; a rule cannot name them, because their names are in specs"),
			to(words("create"), words("secrets"), "to write the Secret of an action (`createTOTP`, `getOAuthAccessToken`), and the operator's own key, which signs `status.binding`"),
			to(words("patch"), words("secrets"), "to put a finalizer on a Secret with a key while deletions need it, and to write the Secret of an action that is repeated"),
			to(words("get"), words("configmaps"), "to read profile images"),
			to(words("get", "list", "watch"), words("namespaces"), "to read the labels that `allowedNamespaces` selects; to read the uid of `kube-system`, which is the id of the cluster"),
			to(words("create", "patch"), words("events.events.k8s.io"), "to record [events](events.md), and to count those that repeat"),
		)},
		leaderElection(),
		metricsAuth(),
	}
}

// ownKinds are the rights on the kinds of clerk-operator.io.
func ownKinds() []reason {
	return []reason{
		to(words("get", "list", "watch"), words(users, instances, actions), "to reconcile the objects"),
		to(words("patch"), words(users, instances), "to set and remove finalizers, and on ClerkUsers the annotation `clerk-operator.io/creating`; specs are never written"),
		to(words("delete"), words(actions), "to delete actions whose `ttlSecondsAfterFinished` is over"),
		to(words("patch"), words(users+"/status", instances+"/status", actions+"/status"), "to report results"),
		to(words("update"), words(actions+"/status"), "to record the start of an action before the call, and only if nobody else has changed the object"),
	}
}

func leaderElection() role {
	return role{"rbac/leader_election_role.yaml", "A RoleBinding grants it to the operator in its own namespace.", []reason{
		to(words("get", "create", "update"), words("leases.coordination.k8s.io"), "to make one replica the leader, by the Lease `clerk-operator`; not needed with `--leader-elect=false`"),
	}}
}

func metricsAuth() role {
	return role{"metrics/auth_role.yaml", "A ClusterRoleBinding grants it to the operator. The rights are not about objects of namespaces.", []reason{
		to(words("create"), words("tokenreviews.authentication.k8s.io"), "to find out who reads metrics; not needed with `--metrics-bind-address=0`"),
		to(words("create"), words("subjectaccessreviews.authorization.k8s.io"), "to find out whether they may; not needed with `--metrics-bind-address=0`"),
	}}
}

// namespaced are the roles of an operator for some namespaces, which replace the first of operators.
func namespaced() []role {
	return []role{
		{"namespaced/manager_cluster_role.yaml",
			"It replaces the ClusterRole of the same name. A ClusterRoleBinding grants it in all namespaces, because the Roles of a namespace that is being " +
				"deleted can go first, and the operator could then not remove its finalizers there. The operator reads only the watched namespaces.",
			append(ownKinds(), to(words("get"), words("namespaces"), "to read the labels that `allowedNamespaces` selects"))},
		{"namespaced/manager_role.yaml", "A RoleBinding grants it to the operator in its own namespace.", []reason{
			to(words("get", "create"), words("secrets"), "to read and create the operator's own key, which signs `status.binding`"),
		}},
		{"namespaced/watched/role.yaml", "A RoleBinding grants it in each watched namespace.", []reason{
			to(words("get"), words("configmaps"), "to read profile images"),
			to(words("get"), words("secrets"), "to read keys and the Secrets that specs name"),
			to(words("create"), words("secrets"), "to write the Secret of an action"),
			to(words("patch"), words("secrets"), "to write the Secret of an action that is repeated, and to remove the finalizer of an operator that ran for all namespaces"),
			to(words("create", "patch"), words("events.events.k8s.io"), "to record events, and to count those that repeat"),
		}},
	}
}

// people are the roles of people, which Kubernetes adds to its own roles.
func people() []role {
	reads, writes := words("get", "list", "watch"), words("create", "update", "patch", "delete", "deletecollection")
	status := "to read `status` by itself; only the operator may write it"
	viewer := func(file, resource, why string) role {
		return role{file, "", []reason{to(reads, words(resource), why), to(words("get"), words(resource+"/status"), status)}}
	}
	editor := func(file, resource, why string) role {
		return role{file, "", []reason{
			to(reads, words(resource), "to see what they edit"), to(writes, words(resource), why), to(words("get"), words(resource+"/status"), status),
		}}
	}
	return []role{
		viewer("rbac/clerkuser_viewer_role.yaml", users, "to see users: names, addresses and metadata, which are personal data, but no secret"),
		editor("rbac/clerkuser_editor_role.yaml", users, "to declare, change and remove users within the limits of the ClerkInstance"),
		viewer("rbac/clerkuseraction_viewer_role.yaml", actions, "to see which actions were run, and whether a password or code was right"),
		editor("rbac/clerkuseraction_editor_role.yaml", actions, "to run the actions that `policy.actions` of the ClerkInstance allows"),
		viewer("rbac/clerkinstance_viewer_role.yaml", instances, "to see which Secret has the key, and the state of the instance; not the key"),
		editor("rbac/clerkinstance_editor_role.yaml", instances,
			"to set the limits for those who edit ClerkUsers, and to say where the key is sent; that is why it does not add to `edit`"),
	}
}

// readers are the roles of what observes the operator.
func readers() []role {
	return []role{
		{"metrics/reader_role.yaml", "Nobody has it: [bind it](metrics.md#how-to-read-them) to the ServiceAccount of Prometheus.", []reason{
			to(words("get"), words("/metrics"), "to read metrics, which name namespaces and ClerkInstances, and no person"),
		}},
		{"kube-state-metrics/rbac.yaml", "Not installed with the operator. A ClusterRoleBinding in the same file grants it to kube-state-metrics.", []reason{
			to(words("list", "watch"), words(users, instances, actions), "to make [metrics of objects](../how-to/monitor.md)"),
			to(words("list", "watch"), words("customresourcedefinitions.apiextensions.k8s.io"), "to find out that the kinds exist"),
		}},
	}
}
