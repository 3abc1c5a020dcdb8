// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package mirror is an informer for Clerk. It keeps a local copy of the users of one Clerk instance that somebody
// follows, and notifies the followers when a user changes.
//
// An informer lists and watches; a mirror makes full and incremental syncs. A full sync reads all followed users by
// lists, once per full interval. Users that are new to the mirror are listed in the same way, without waiting for that.
// An incremental sync reads, once per interval, the users that Clerk lists as changed last. It only makes the mirror
// faster, because Clerk does not document what counts as a change, and because it does not show deletions. Answers to
// the operator's own reads and writes update the mirror too.
//
// A copy is ordered by the time when it was requested. Every user has a fence, the time of the answer to our last
// write. The mirror drops a read that began before the fence, because it may not show that write, and a read with a
// lower updated_at. Two things that only a list shows are not believed: a difference right after our own write, and an
// absence. The follower confirms them with a read by id.
//
// The package knows nothing about Kubernetes. A follower is a string that identifies who follows.
package mirror
