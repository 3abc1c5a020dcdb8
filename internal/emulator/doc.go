// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package emulator is an in-memory Clerk Backend API for tests. It has every operation that Clerk documents for users,
// their email addresses and their phone numbers, under /v1, and reproduces Clerk's quirks.
//
// It keeps one data set per instance, answers in Clerk's JSON, refuses what Clerk refuses, counts requests against
// Clerk's rate limits, writes a journal of every request and fails on demand. It shares no code with the operator's
// client, so that both cannot have the same mistake.
//
// A test creates a Server, adds an Instance and serves it:
//
//	server := emulator.New(emulator.Config{})
//	instance := server.AddInstance(emulator.InstanceConfig{Environment: emulator.Production})
//	http := httptest.NewServer(server)
//	baseURL, key := http.URL+emulator.BasePath, instance.Key()
//
// Everything is safe for concurrent use. If Clerk does not document a behaviour, the comment beside it says which one
// is implemented; docs/reference/emulator.md lists them.
package emulator
