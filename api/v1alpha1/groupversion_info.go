// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/scheme"
)

var (
	// GroupVersion is the API group and version of the kinds in this package.
	GroupVersion = schema.GroupVersion{Group: "clerk-operator.io", Version: "v1alpha1"}

	// SchemeBuilder registers the kinds of this package with a runtime scheme.
	SchemeBuilder = (&scheme.Builder{GroupVersion: GroupVersion}).
			Register(&ClerkInstance{}, &ClerkInstanceList{}, &ClerkUser{}, &ClerkUserList{}, &ClerkUserAction{}, &ClerkUserActionList{})

	// AddToScheme adds the kinds of this package to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)
