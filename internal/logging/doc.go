// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package logging builds the operator's logger, and counts failures that repeat instead of writing a line for each.
package logging
