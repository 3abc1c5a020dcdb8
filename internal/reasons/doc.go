// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package reasons is the table of the reasons that conditions of the operator's kinds have: what each means, which messages it has,
// who has to do something, and what. docs/reference/reasons.md and "kubectl clerk reasons" are made from it. The operator does not
// link it.
package reasons
