// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plan decides what to do at Clerk: which calls, in which order, make an observed user match a declared one.
// It is given values and returns values; it knows no clock, no network, no log and no Kubernetes client.
//
// For is the plan of a ClerkUser that exists, Removal of one that is being deleted, HandOver of one whose user passes
// to another. Allow splits a plan into what a policy lets through and what it withholds. Intend and Settle keep the
// record of what the operator added to a user (status.applied), without which nothing could be taken back.
//
// # What is managed
//
// An omitted field is not managed; "", [], {} and false are wishes. When a field leaves the spec, what we added because
// of it is taken back: metadata keys, addresses, numbers, an image, a ban, a lock. What we overwrote stays as it is.
//
// What Clerk refuses holds nothing else back: Allow leaves it out and plans the rest.
//
// Passwords and images cannot be read back. A keyed digest of what was sent last stands in for them.
//
// # Order
//
// A user that is absent is created with everything in one call. Otherwise access is taken first and given last. Metadata,
// which may hold roles, comes before everything that Clerk may refuse:
//
//	ban, lock → metadata → add and verify identifiers → profile, password, primary identifiers →
//	remove identifiers → unlock, unban → image
//
// The last way to sign in is never removed, and an address or number that a connected account brought along is left,
// since Clerk does not delete those. What the spec asks for and no call can bring about is named by Unreachable, and
// no call is planned for it.
//
// # Laws
//
// Tests hold these on random pairs of spec and user:
//
//   - deterministic and pure: the same question has the same answer, and what is given in is not changed;
//   - satisfying, at rest: once carried out, the spec holds, and the next plan is empty;
//   - discreet: what the spec omits and we did not add is not touched;
//   - crash-safe: after any prefix of a plan, the next plan leads to the same goal;
//   - cautious: no prefix grants more access than both the start and the goal do, and a way to sign in remains;
//   - shrinking: against the answer to its own call, a plan gets smaller or names the same fields;
//   - independent: what is refused or withheld holds back only what rests on it: a way to sign in is not removed before its
//     replacement is there, and access is not given back before rights are taken;
//   - silent: nothing here prints a value, however it is printed.
package plan
