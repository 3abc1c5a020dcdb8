// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClerkUserAction is an action on a user at Clerk that has no steady state, such as the removal of all second factors. Like
// a Job it runs once and keeps its result. The ClerkInstance's policy.actions says which actions are allowed.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=clerk,shortName=cua
// +kubebuilder:printcolumn:name="Action",type=string,JSONPath=`.status.action`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.userRef.name`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.status=="True")].type`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="User ID",type=string,JSONPath=`.status.userID`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.status=="True")].reason`,priority=1
// +kubebuilder:printcolumn:name="Verified",type=boolean,JSONPath=`.status.result.verified`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.status=="True")].message`,priority=1
type ClerkUserAction struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which action is carried out on which user.
	// +required
	Spec ClerkUserActionSpec `json:"spec"`

	// status is what became of the action.
	// +default={"observedGeneration":-1}
	// +optional
	Status ClerkUserActionStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded FieldPaths `json:"-"`
}

// ClerkUserActionList is a list of ClerkUserActions.
// +kubebuilder:object:root=true
type ClerkUserActionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkUserActions.
	Items []ClerkUserAction `json:"items"`
}
