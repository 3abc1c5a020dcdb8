// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 contains the kinds of the API group clerk-operator.io.
//
// Three rules apply to every kind. A field that is omitted is not managed, while explicit "", [] and false are enforced.
// When a field leaves the spec, the operator removes what it added because of it, and what it overwrote stays. The operator
// never writes a spec.
//
// +kubebuilder:object:generate=true
// +groupName=clerk-operator.io
package v1alpha1
