// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 holds the words that users of clerk-operator type: the kinds of the API group clerk-operator.io.
//
// Three rules hold for every kind. A field that is omitted is not managed, while "", [] and false are wishes. When a
// field leaves the spec, what the operator added because of it is taken back and what it overwrote stays. The operator
// never writes a spec.
//
// +kubebuilder:object:generate=true
// +groupName=clerk-operator.io
package v1alpha1
