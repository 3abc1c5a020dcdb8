// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerk is a client for the users part of Clerk's Backend API, version 2026-05-12. It knows HTTP and knows
// nothing about Kubernetes.
//
// It uses the types and request parameters of the official SDK with its own Backend. The SDK's Backend loses the status
// and the headers of an error whose body is not JSON, reads bodies without a limit, and keeps its key in a package
// variable.
//
// A call takes a token from the instance's RateLimiter, is sent once, and has one answer. Nothing is retried here: the
// caller repeats the call at the time that the error names. Package ratelimit decides when a token is available. This
// package reports to it which calls a 429 limits and that Clerk refuses a key. The predicates in errors.go interpret
// errors. The text of an error is stable, and has no credentials and no values from the request.
package clerk
