// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package recipes runs the tests that docs/how-to/test-with-the-emulator.md shows.
package recipes
