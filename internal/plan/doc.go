// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plan decides what to do at Clerk: which calls, in which order, make an observed user match a declared one. It
// takes values and returns values; it uses no clock, network, log or Kubernetes client.
//
// For returns the plan of an existing ClerkUser, Removal that of a deleted one, Transfer that of a user that gets a new
// owner. Allow splits a plan into the changes that a policy allows and those that it withholds. Intend and Prune
// maintain the record of what the operator added to a user (status.applied), because only that is removed later.
//
// # What is managed
//
// An omitted field is not managed. Explicit "", [], {} and false are enforced. When a field leaves the spec, the plan
// removes what we added for it: metadata keys, addresses, numbers, an image, a ban, a lock. What we overwrote stays.
//
// A refusal by Clerk affects only what it refuses: Allow withholds that and plans the rest.
//
// Passwords and images cannot be read back. Instead, a keyed digest of the value sent last is compared.
//
// # Order
//
// An absent user is created with everything in one call. Otherwise access is taken first and given last. Metadata,
// which may hold roles, comes before everything that Clerk may refuse:
//
//	ban, lock → metadata → add and verify identifiers → profile, password, primary identifiers →
//	remove identifiers → unlock, unban → image
//
// The last way to sign in is never removed. Linked addresses and numbers are left, because Clerk does not delete those.
// Unreachable names what the spec declares and no call can achieve, and no call is planned for it.
//
// # Laws
//
// Tests check these on random pairs of spec and user:
//
//   - deterministic and pure: equal inputs have equal plans, and the inputs are not changed;
//   - satisfying, at rest: after the plan is carried out, the spec holds, and the next plan is empty;
//   - discreet: what the spec omits and we did not add is not changed;
//   - crash-safe: after any prefix of a plan, the next plan leads to the same goal;
//   - cautious: no prefix grants more access than both the start and the goal do, and a way to sign in remains;
//   - shrinking: against the answer to its own call, a plan gets smaller or names the same fields;
//   - independent: a refusal or a withheld change affects only what depends on it: a way to sign in is not removed before
//     its replacement exists, and access is not given back before rights are taken;
//   - silent: no value is printed, whatever the verb.
package plan
