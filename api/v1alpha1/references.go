// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// +structType=atomic

// SecretKeyReference names one entry of a Secret in the namespace of the object that contains the reference.
type SecretKeyReference struct {
	// name of the Secret, in the same namespace.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a Secret in the same namespace: lower-case letters, digits, - and . only, no path and no namespace"
	// +required
	Name string `json:"name"`

	// key is the entry of the Secret's data to use. Omitted: secret-key.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')`,message="must be the name of an entry in the Secret's data: letters, digits, -, _ and . only, such as secret-key"
	// +optional
	Key *string `json:"key,omitempty"`
}

// +structType=atomic

// SecretKeySelector names one entry of a Secret in the namespace of the object that contains the selector.
type SecretKeySelector struct {
	// name of the Secret, in the same namespace.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a Secret in the same namespace: lower-case letters, digits, - and . only, no path and no namespace"
	// +required
	Name string `json:"name"`

	// key is the entry of the Secret's data to use.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')`,message="must be the name of an entry in the Secret's data: letters, digits, -, _ and . only, such as password"
	// +required
	Key string `json:"key"`
}

// +structType=atomic

// ConfigMapKeySelector names one entry of a ConfigMap in the namespace of the object that contains the selector.
type ConfigMapKeySelector struct {
	// name of the ConfigMap, in the same namespace.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a ConfigMap in the same namespace: lower-case letters, digits, - and . only, no path and no namespace"
	// +required
	Name string `json:"name"`

	// key is the entry of the ConfigMap's binaryData or data to use.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')`,message="must be the name of an entry in the ConfigMap: letters, digits, -, _ and . only, such as portrait.png"
	// +required
	Key string `json:"key"`
}

// +structType=atomic

// InstanceReference names a ClerkInstance.
type InstanceReference struct {
	// name of the ClerkInstance.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a ClerkInstance: lower-case letters, digits, - and . only; its namespace goes in the field namespace"
	// +required
	Name string `json:"name"`

	// namespace of the ClerkInstance. Omitted: the namespace of the object that contains the reference. For another
	// namespace, spec.allowedNamespaces of that ClerkInstance must allow this one.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,message="must be the name of a namespace: lower-case letters, digits and - only; to mean this object's own namespace, leave the field out"
	// +optional
	Namespace *string `json:"namespace,omitempty"`
}

// +structType=atomic

// BoundInstance is the Clerk instance in which a bound user lives.
type BoundInstance struct {
	// namespace of the ClerkInstance through which the user was bound.
	// +kubebuilder:validation:MaxLength=63
	// +required
	Namespace string `json:"namespace"`
	// name of the ClerkInstance through which the user was bound.
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`
	// id of the Clerk instance, ins_…, or a hash of the key if the key has no permission to read the id.
	// +kubebuilder:validation:MaxLength=128
	// +required
	ID string `json:"id"`
}
