// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package site checks the documentation's site as "make docs" builds it, in Chromium.
package site
