// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package mirror is an informer for Clerk: it keeps a local copy of the users of one Clerk instance that somebody follows,
// and tells the followers when a user is no longer as it was.
//
// As an informer lists and watches, a mirror compares and tails. A comparison reads all followed users in lists, once per
// full interval and for users that are new to the mirror; it is the truth. The tail reads, once per interval, what Clerk
// says was changed last; it is the accelerator, because Clerk does not document what counts as a change, and deletions do
// not show. Answers to the operator's own reads and writes go in, too.
//
// A copy counts by when it was asked for. Every user has a fence, the moment our last write to it was answered: a read
// that began before it says nothing about what that write did, and is dropped, as is one with a lower updated_at. What
// only a list shows is not believed where it would surprise: a difference right after a write of ours, and an absence, are
// for the follower to confirm with a read by id.
//
// The package knows nothing of Kubernetes. A follower is a text that names whoever follows.
package mirror
