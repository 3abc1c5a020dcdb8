// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plan decides what to do at Clerk. Values in, values out: it knows no clock, network or log.
package plan
