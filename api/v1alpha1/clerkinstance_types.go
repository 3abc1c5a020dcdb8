// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClerkInstanceSpec names a Clerk instance and says how the operator may use it.
type ClerkInstanceSpec struct {
	// secretKeyRef names the Secret's entry that holds the instance's secret key (sk_live_… or sk_test_…), in the same
	// namespace. The operator adds a finalizer to that Secret while ClerkUsers may need it for their deletion.
	// +required
	SecretKeyRef SecretKeyReference `json:"secretKeyRef"`

	// apiURL is the base URL of Clerk's Backend API. The operator must have been started with its host
	// (--allowed-api-hosts). Omitted: https://api.clerk.com/v1.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['https', 'http'] && size(url(self).getHost()) > 0 && !self.contains('@') && !self.contains('?') && !self.contains('#')",message="must be an http or https URL with a host and without user, query or fragment, such as https://api.clerk.com/v1"
	// +optional
	APIURL *string `json:"apiURL,omitempty"`

	// instanceID is the id of the Clerk instance (ins_…) that the key must belong to. Omitted: the key must belong to
	// the instance in status.instanceID, which is the first one that the operator observed. If the key belongs to
	// another instance, the operator writes nothing until this field contains the new id.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^ins_[A-Za-z0-9]+$')",message="must be the id of a Clerk instance, ins_ and then letters and digits, as status.instanceID shows it; to accept the instance that the key belongs to, leave the field out"
	// +optional
	InstanceID *string `json:"instanceID,omitempty"`

	// allowedNamespaces says which namespaces may contain ClerkUsers that refer to this instance. Omitted: only its own.
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`

	// rateLimit limits how much of the instance's API budget the operator uses. Omitted: half of the limit for the type
	// of key, which is 1000 requests in 10 seconds for sk_live_ keys and 100 for sk_test_ keys.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`

	// drift says how often the operator compares users with their ClerkUsers when nothing changes in the cluster.
	// Omitted: users that changed at Clerk every minute, all users every hour.
	// +optional
	Drift *DriftCheck `json:"drift,omitempty"`

	// policy limits what every ClerkUser and ClerkUserAction of this instance may do. Omitted: the default of each
	// field.
	// +optional
	Policy *InstancePolicy `json:"policy,omitempty"`

	// deletionBrake stops mass deletion. The limit is for a Clerk instance: ClerkInstances whose keys belong to the same
	// instance share one count, and the strictest of their limits applies. Omitted: no limit on a development instance,
	// 10 in 10m on a production instance.
	// +optional
	DeletionBrake *DeletionBrake `json:"deletionBrake,omitempty"`

	// deletionDelay is how long after the deletion of a ClerkUser was requested its user is deleted or banned, such as
	// 30s. Until then the ClerkUser has the reason DeletionPending, another ClerkUser of the namespace that declares the
	// user gets it, and deletionPolicy: Retain on the ClerkUser keeps the user. If several ClerkInstances use one Clerk
	// instance, the longest deletionDelay applies to all of them. 0s: at once. Omitted: 30s on a production instance, 0s
	// on a development instance.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('168h')",message="must be a duration between 0s and 168h, such as 30s or 5m"
	// +optional
	DeletionDelay *metav1.Duration `json:"deletionDelay,omitempty"`
}

// NamespacesFrom says how namespaces are selected.
// +kubebuilder:validation:Enum=Same;All;Selector
type NamespacesFrom string

// Ways to select namespaces.
const (
	// NamespacesFromSame admits the instance's own namespace only.
	NamespacesFromSame NamespacesFrom = "Same"
	// NamespacesFromAll admits every namespace.
	NamespacesFromAll NamespacesFrom = "All"
	// NamespacesFromSelector admits the namespaces whose labels match a selector.
	NamespacesFromSelector NamespacesFrom = "Selector"
)

// +structType=atomic

// AllowedNamespaces selects the namespaces whose objects may refer to an instance.
// +kubebuilder:validation:XValidation:rule="(has(self.from) && self.from == 'Selector') == has(self.selector)",message="selector and from: Selector go together; set both, or remove the selector and write from: Same or from: All"
type AllowedNamespaces struct {
	// from is Same (the instance's own namespace), All, or Selector. Omitted: Same.
	// +optional
	From *NamespacesFrom `json:"from,omitempty"`

	// selector selects namespaces by their labels. It is required with from: Selector. Use labels that the tenants of
	// those namespaces cannot write, such as kubernetes.io/metadata.name. At most 16 labels, 16 expressions and 64
	// values in each. Omitted: from is not Selector.
	// +kubebuilder:validation:XValidation:rule="(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",message="must name at least one label, since an empty selector admits every namespace; to mean that, remove the selector and write from: All"
	// +kubebuilder:validation:XValidation:rule="(!has(self.matchLabels) || size(self.matchLabels) <= 16) && (!has(self.matchExpressions) || size(self.matchExpressions) <= 16)",message="must have at most 16 matchLabels and 16 matchExpressions; give the namespaces a label of their own and match that"
	// +kubebuilder:validation:XValidation:rule="(!has(self.matchLabels) || self.matchLabels.all(k, size(k) > 0 && size(k) <= 317 && size(self.matchLabels[k]) <= 63)) && (!has(self.matchExpressions) || self.matchExpressions.all(e, size(e.key) > 0 && size(e.key) <= 317))",message="must hold labels as they can stand on a namespace: a name of 1 to 317 and a value of at most 63 characters, such as kubernetes.io/metadata.name: team-a"
	// +kubebuilder:validation:XValidation:rule="!has(self.matchExpressions) || self.matchExpressions.all(e, e.operator in ['In', 'NotIn'] ? has(e.values) && size(e.values) > 0 && size(e.values) <= 64 : e.operator in ['Exists', 'DoesNotExist'] && (!has(e.values) || size(e.values) == 0))",message="each of matchExpressions must have operator In or NotIn with 1 to 64 values, or Exists or DoesNotExist without values"
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// +structType=atomic

// RateLimit limits the operator's use of the API budget.
// +kubebuilder:validation:XValidation:rule="!(has(self.sharePercent) && has(self.requestsPer10s))",message="set sharePercent or requestsPer10s, not both"
type RateLimit struct {
	// sharePercent is the share of the instance's limit that the operator may use, in percent. Omitted: requestsPer10s
	// applies, or 50 if that is omitted, too.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	SharePercent *int32 `json:"sharePercent,omitempty"`

	// requestsPer10s is the number of requests that the operator may send in 10 seconds. Omitted: sharePercent applies.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000
	// +optional
	RequestsPer10s *int32 `json:"requestsPer10s,omitempty"`
}

// DriftCheck says how often the operator compares users with their ClerkUsers.
// +kubebuilder:validation:XValidation:rule="(has(self.interval) && !self.interval.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$')) || (has(self.fullInterval) && !self.fullInterval.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$')) || duration(has(self.interval) ? self.interval : '1m') <= duration(has(self.fullInterval) ? self.fullInterval : '1h')",message="fullInterval (1h where omitted) must not be shorter than interval (1m where omitted); raise fullInterval or lower interval"
type DriftCheck struct {
	// interval is the time between two incremental syncs, which read the users that changed at Clerk, such as 30s or 5m.
	// At least 1s. Omitted: 1m.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be a duration between 1s and 24h, such as 30s or 5m"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// fullInterval is the time between two full syncs, which compare all users with their ClerkUsers. Fields that
	// somebody else keeps changing back are corrected only then. At least 1m. Omitted: 1h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('168h')",message="must be a duration between 1m and 168h, such as 30m or 6h"
	// +optional
	FullInterval *metav1.Duration `json:"fullInterval,omitempty"`
}

// AdoptionScope says which ClerkUsers may adopt existing users.
// +kubebuilder:validation:Enum=None;SameNamespace;All
type AdoptionScope string

// Scopes of adoption.
const (
	// AdoptionNone lets nobody adopt.
	AdoptionNone AdoptionScope = "None"
	// AdoptionSameNamespace lets ClerkUsers in the instance's own namespace adopt.
	AdoptionSameNamespace AdoptionScope = "SameNamespace"
	// AdoptionAll lets ClerkUsers in every admitted namespace adopt.
	AdoptionAll AdoptionScope = "All"
)

// DeletionPermission says whether users may be deleted at Clerk.
// +kubebuilder:validation:Enum=Allow;Deny
type DeletionPermission string

// Permissions to delete.
const (
	// DeletionAllow lets ClerkUsers delete or ban their user when they are deleted.
	DeletionAllow DeletionPermission = "Allow"
	// DeletionDeny treats every deletion policy as Retain.
	DeletionDeny DeletionPermission = "Deny"
)

// InstancePolicy limits what ClerkUsers and ClerkUserActions of an instance may do.
type InstancePolicy struct {
	// adoption says which ClerkUsers may adopt existing users: None, SameNamespace (those in the instance's own
	// namespace) or All. It applies to spec.userID and to spec.adoptionPolicy. A ClerkUser that is moved to another
	// namespace adopts its user there, so a move out of the instance's own namespace needs All. Omitted: SameNamespace.
	// +optional
	Adoption *AdoptionScope `json:"adoption,omitempty"`

	// deletion is Allow, or Deny, which keeps users at Clerk whatever a ClerkUser's deletionPolicy says. Omitted: Allow.
	// +optional
	Deletion *DeletionPermission `json:"deletion,omitempty"`

	// actions lists the types of ClerkUserActions that are allowed on users of this instance. [] allows none. Omitted:
	// all but verifyPassword, verifyTOTP, createTOTP and getOAuthAccessToken, which reveal or create a secret.
	// +listType=set
	// +kubebuilder:validation:MaxItems=14
	// +optional
	Actions []ActionType `json:"actions,omitzero"`
}

// DeletionBrake limits how many users the operator deletes, bans on deletion or creates again in a window of time.
// Other objects wait for the next window, or until the annotation clerk-operator.io/release-deletions releases them.
type DeletionBrake struct {
	// maxCount is the number of users in one window. If several ClerkInstances use one Clerk instance, the smallest
	// maxCount above 0 applies to all of them. 0: this ClerkInstance sets no limit. Omitted: 10.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	// +optional
	MaxCount *int32 `json:"maxCount,omitempty"`

	// window is the length of the window, such as 10m. If several ClerkInstances use one Clerk instance, the longest
	// window applies to all of them. Omitted: 10m.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('168h')",message="must be a duration between 1s and 168h, such as 10m"
	// +optional
	Window *metav1.Duration `json:"window,omitempty"`
}

// Environment is the type of a Clerk instance.
// +kubebuilder:validation:Enum=Development;Production
type Environment string

// Types of Clerk instances.
const (
	// EnvironmentDevelopment is an instance with a sk_test_ key: 100 users, 100 requests in 10 seconds.
	EnvironmentDevelopment Environment = "Development"
	// EnvironmentProduction is an instance with a sk_live_ key: 1000 requests in 10 seconds.
	EnvironmentProduction Environment = "Production"
)

// ClerkInstanceStatus is the observed state of a Clerk instance.
type ClerkInstanceStatus struct {
	// observedGeneration is the generation of the spec that the conditions refer to. -1: none yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration"`

	// conditions are Ready, and Reconciling and Stalled while they are True.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:XValidation:rule="self.lastTransitionTime > timestamp('0001-01-01T00:00:00Z') && self.lastTransitionTime < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// instanceID is the id of the Clerk instance that the key belongs to. If spec.instanceID is omitted, later keys must
	// belong to it.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	InstanceID string `json:"instanceID,omitempty"`

	// environment is Development or Production.
	// +optional
	Environment Environment `json:"environment,omitempty"`

	// users is the number of all users at Clerk, managed or not, counted once per drift.fullInterval.
	// +optional
	Users *int64 `json:"users,omitempty"`

	// managedUsers is the number of ClerkUsers that are bound through this object.
	// +optional
	ManagedUsers int64 `json:"managedUsers"`

	// heldDeletions is the number of ClerkUsers that wait for the deletion brake.
	// +optional
	HeldDeletions int64 `json:"heldDeletions"`

	// massAbsentUsers is the number of ClerkUsers in heldDeletions whose users Clerk's lists stopped showing together with
	// many others. They wait until the lists show them again, or until somebody releases them.
	// +optional
	MassAbsentUsers int64 `json:"massAbsentUsers,omitempty"`

	// deletions is what the deletion brake counted in the current window for ClerkUsers of this object. The brake adds
	// up the counts of all ClerkInstances of the Clerk instance.
	// +optional
	Deletions *DeletionCount `json:"deletions,omitempty"`

	// pendingDeletions are users that are deleted or banned within seconds, after a delay in which a new ClerkUser of the
	// same name gets its user. At most 100; other ClerkUsers wait. This object is not deleted before the list is empty.
	// Do not edit the list: a user that is removed from it stays at Clerk with its owner mark.
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=100
	// +optional
	PendingDeletions []PendingDeletion `json:"pendingDeletions,omitempty"`

	// secretName is the Secret that has the operator's finalizer for this object.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	SecretName string `json:"secretName,omitempty"`

	// clusterID is the id of the cluster in owner marks.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	ClusterID string `json:"clusterID,omitempty"`
}

// DeletionCount counts deletions, bans on deletion and re-creations in one window of time.
type DeletionCount struct {
	// since is the start of the window.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +required
	Since metav1.Time `json:"since"`
	// count is the number since then.
	// +required
	Count int32 `json:"count"`
	// users are the ids of the Clerk users that were counted last, also in earlier windows, so that the operator does
	// not count one again after a restart. At most 100.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=128
	// +optional
	Users []string `json:"users,omitempty"`
}

// PendingDeletion is the user of a ClerkUser that no longer exists, whose deletion policy is still to be carried out.
type PendingDeletion struct {
	// uid is the uid of the ClerkUser.
	// +kubebuilder:validation:MaxLength=64
	// +required
	UID string `json:"uid"`
	// namespace is the namespace of the ClerkUser.
	// +kubebuilder:validation:MaxLength=63
	// +required
	Namespace string `json:"namespace"`
	// name is the name of the ClerkUser.
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`
	// userID is the id of the user at Clerk.
	// +kubebuilder:validation:MaxLength=128
	// +required
	UserID string `json:"userID"`
	// policy is what happens to the user: Delete or Ban.
	// +required
	Policy DeletionPolicy `json:"policy"`
	// since is when the operator decided it.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +required
	Since metav1.Time `json:"since"`
	// signature proves that the operator decided it. The operator ignores an entry without a valid one.
	// +kubebuilder:validation:MaxLength=256
	// +required
	Signature string `json:"signature"`
}

// MaxPendingDeletions is how many pending deletions a ClerkInstance has at most.
const MaxPendingDeletions = 100

// MaxCountedUsers is how many users a DeletionCount names at most.
const MaxCountedUsers = 100

// ClerkInstance names a Clerk instance and says how the operator may use it: where its secret key is, which namespaces
// may declare users in it, how much of its API budget the operator may use, and what it may adopt or delete.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=clerk,shortName=ci
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.status.environment`
// +kubebuilder:printcolumn:name="Managed",type=integer,JSONPath=`.status.managedUsers`
// +kubebuilder:printcolumn:name="Users",type=integer,JSONPath=`.status.users`
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.heldDeletions`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClerkInstance struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec names the Clerk instance and says how the operator may use it.
	// +required
	Spec ClerkInstanceSpec `json:"spec"`

	// status is the observed state of the instance.
	// +default={"observedGeneration":-1,"managedUsers":0,"heldDeletions":0}
	// +optional
	Status ClerkInstanceStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded *FieldPaths `json:"-"`
}

// ClerkInstanceList is a list of ClerkInstances.
// +kubebuilder:object:root=true
type ClerkInstanceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkInstances.
	Items []ClerkInstance `json:"items"`
}
