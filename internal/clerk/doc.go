// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerk speaks the users part of Clerk's Backend API, version 2026-05-12, and nothing else: it knows HTTP and
// knows nothing of Kubernetes.
//
// It stands on the types and request parameters of the official SDK, with a Backend of its own, since the SDK's loses the
// status and the headers of an error whose body is not JSON, reads bodies without a limit and keeps its key in a package
// variable.
//
// A call takes a token from the instance's RateLimiter, is sent once, and has one answer. Nothing is retried here: the caller
// comes again at the time that the error names. Package ratelimit decides when there is a token; this package tells it what an
// answer means for that: which calls a 429 limits, and that a key is refused. What an error means is asked with the predicates
// in errors.go; its text is stable and free of credentials and of values from the request.
package clerk
