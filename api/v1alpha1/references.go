// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// SecretKeyReference names one entry of a Secret in the namespace of the object that holds the reference.
type SecretKeyReference struct {
	// name of the Secret, in the same namespace.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`

	// key is the entry of the Secret's data to use. Omitted: secret-key.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +optional
	Key *string `json:"key,omitempty"`
}

// InstanceReference names a ClerkInstance.
type InstanceReference struct {
	// name of the ClerkInstance.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`

	// namespace of the ClerkInstance. Omitted: the namespace of the object that holds the reference. Another
	// namespace is possible only where that ClerkInstance's spec.allowedNamespaces admits this one.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +optional
	Namespace *string `json:"namespace,omitempty"`
}

// BoundInstance is the Clerk instance in which a bound user lives.
type BoundInstance struct {
	// namespace of the ClerkInstance through which the user was bound.
	Namespace string `json:"namespace"`
	// name of the ClerkInstance through which the user was bound.
	Name string `json:"name"`
	// id of the Clerk instance, ins_….
	ID string `json:"id"`
}
