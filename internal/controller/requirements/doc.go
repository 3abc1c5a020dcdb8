// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package requirements checks at the start what the operator needs from the API server: its rights, and
// CustomResourceDefinitions that are not older than the operator. Without them the operator would run and do nothing, or
// lose what it records in status.
//
// The checks need no rights beyond those of every authenticated client. If a cluster denies even these, the check is skipped.
package requirements
