// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package mirror remembers the users of one Clerk instance as they were seen last. Answers to writes and reads go in;
// a reader that is content with a recent copy is served without a call to Clerk.
//
// A copy counts by when it was asked for: a read that began before our last write to the user was answered says nothing
// about what that write did, and is dropped. The package knows nothing of Kubernetes but the uid of the object that a
// user was bound for, so that a user id is on record here before it is in the API server's cache.
package mirror
