// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package emulator is an in-memory Clerk Backend API for tests: every operation that Clerk documents for users, their email
// addresses and their phone numbers, under /v1, with Clerk's quirks rather than with the behaviour one would wish for.
//
// It keeps one data set per instance, answers in Clerk's JSON, refuses what Clerk refuses, counts requests against Clerk's
// rate limits, writes a journal of every request and fails on demand. It shares no code with the operator's own client, so
// that the two cannot agree on the same mistake.
//
// A test makes a Server, adds an Instance to it and serves it:
//
//	server := emulator.New(emulator.Config{})
//	instance := server.AddInstance(emulator.InstanceConfig{Environment: emulator.Production})
//	http := httptest.NewServer(server)
//	baseURL, key := http.URL+emulator.BasePath, instance.Key()
//
// Everything is safe for concurrent use. Where Clerk's behaviour is not documented, the answer given here is the one the
// comment beside it names; docs/emulator.md lists them.
package emulator
