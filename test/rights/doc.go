// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package rights lets tests run the operator with the rights that config/default or config/namespaced
// gives to its ServiceAccount, or with all of them but one.
package rights
