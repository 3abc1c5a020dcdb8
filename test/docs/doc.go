// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs runs the examples of documents: blocks of code of the language "console", in which lines that begin with "$ "
// are commands, and the lines below are what they print.
package docs
