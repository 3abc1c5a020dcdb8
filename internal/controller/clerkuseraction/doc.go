// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkuseraction carries out ClerkUserActions: actions on users at Clerk that have no steady state. One pass reads
// like this:
//
//	Reconcile(ctx, action)
//	  │
//	  ├─ expire        once it is over, only its time to live matters
//	  ├─ run ─────────────────────────────────────────┐
//	  │    resume      what to make of a start without an end   cluster (read, live)
//	  │    findUser    the ClerkUser, and its user's id         cluster (read)
//	  │    findWay     its ClerkInstance, what that allows      cluster (read, live)
//	  │    readInput   the Secret that the spec names           cluster (read, live)
//	  │    observe     the user, and whether it is that object's   cluster, Clerk (read, live)
//	  │    aim         which of the user's things is meant      pure
//	  │    reserve     the Secret to be written                 cluster (read, write)
//	  │    begin       a ticket; then status.startedAt, locked  cluster (write)
//	  │    carryOut    the call                                 Clerk
//	  │    pass ◄─────────────────────────────────────┘
//	  ├─ judge         the one place where errors become fate   pure
//	  └─ report        the only writer of conditions and events cluster (write)
//
// The start is on record before the call, and written so that only one of two passes can write it: of a call whose end is
// not on record it is known that it may have been made. What is then safe to repeat is repeated; anything else ends as
// failed with an outcome that is not known.
package clerkuseraction
