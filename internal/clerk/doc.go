// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerk speaks the users part of Clerk's Backend API, version 2026-05-12, and nothing else: it knows HTTP and
// knows nothing of Kubernetes.
//
// It stands on the types and request parameters of the official SDK, with a Backend of its own, since the SDK's loses the
// status and the headers of an error whose body is not JSON, reads bodies without a limit and keeps its key in a package
// variable.
//
// A call takes a ticket from the instance's Office, is sent once, and has one answer. Nothing is retried here: whoever
// asked comes again at the time the error names. What an error means is asked with the predicates in errors.go; its text
// is stable and free of credentials and of values from the request.
package clerk
