// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClerkUser is one person or account at Clerk, kept as declared. Without deletionPolicy, deleting the object deletes
// the user if the operator created it, and leaves it if the operator adopted it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=clerk,shortName=cu
// +kubebuilder:selectablefield:JSONPath=`.status.instance.name`
// +kubebuilder:selectablefield:JSONPath=`.status.userID`
// +kubebuilder:selectablefield:JSONPath=`.status.banned`
// +kubebuilder:selectablefield:JSONPath=`.status.locked`
// +kubebuilder:printcolumn:name="User ID",type=string,JSONPath=`.status.userID`
// +kubebuilder:printcolumn:name="Banned",type=boolean,JSONPath=`.status.banned`
// +kubebuilder:printcolumn:name="Locked",type=boolean,JSONPath=`.status.locked`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Instance",type=string,JSONPath=`.status.instance.name`,priority=1
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.emailAddresses[0].address`,priority=1
// +kubebuilder:printcolumn:name="On Delete",type=string,JSONPath=`.status.onDelete`,priority=1
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1
// +kubebuilder:printcolumn:name="Last Write",type=date,JSONPath=`.status.lastWriteTime`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.userID) || !has(self.spec.userID) || self.spec.userID == self.status.userID",message="cannot name another user than status.userID, to which this object is bound; undo the change, and to manage another user, create another ClerkUser",fieldPath=".spec.userID"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || (has(oldSelf.spec.instanceRef) == has(self.spec.instanceRef) && (!has(self.spec.instanceRef) || self.spec.instanceRef == oldSelf.spec.instanceRef))",message="cannot be changed, added or removed once the object is bound to a user; undo the change, and for a user in another instance, create another ClerkUser",fieldPath=".spec.instanceRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || !has(self.spec.initial) || (has(oldSelf.spec.initial) && self.spec.initial == oldSelf.spec.initial)",message="is used by the creating call only and cannot be changed or added once the object is bound to a user; undo the change, or remove initial as a whole",fieldPath=".spec.initial"
type ClerkUser struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says who the user is and what holds for it.
	// +required
	Spec ClerkUserSpec `json:"spec"`

	// status is what the operator knows about the user at Clerk.
	// +default={"observedGeneration":-1}
	// +optional
	Status ClerkUserStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded FieldPaths `json:"-"`
}

// ClerkUserList is a list of ClerkUsers.
// +kubebuilder:object:root=true
type ClerkUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkUsers.
	Items []ClerkUser `json:"items"`
}
