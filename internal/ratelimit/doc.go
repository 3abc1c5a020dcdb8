// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package ratelimit says on whose behalf calls to an API are made and how urgent they are.
package ratelimit
