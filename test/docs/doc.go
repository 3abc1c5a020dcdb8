// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs reads the pages of the documentation and runs their commands. CONTRIBUTING.md ("Writing a page") says what the
// language of a fenced block means.
package docs
