// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkuseraction carries out ClerkUserActions: actions on users at Clerk that have no steady state. One reconciliation
// reads like this:
//
//	Reconcile(ctx, action)
//	  │
//	  ├─ expire              a finished action is only deleted after its time to live
//	  ├─ Run
//	  │    checkDecoded      values of the object that did not decode        pure
//	  │    resumeStart       what to make of a start without an end          cluster (read, live)
//	  │    resolveUser       the ClerkUser                                   cluster (read)
//	  │    resolveConnection its ClerkInstance, what that allows             cluster (read, live)
//	  │    readInput         the Secret that the spec names                  cluster (read, live)
//	  │    observe           the user, and whether it is that ClerkUser's    cluster, Clerk (read, live)
//	  │    resolveTarget     which of the user's things is meant             pure
//	  │    prepareOutput     the Secret to be written                        cluster (read, write)
//	  │    recordStart       a token; then status.startedAt, locked          cluster (write)
//	  │    call              the call                                        Clerk (write)
//	  │    share             what others have to know of it                  mirror, queues
//	  ├─ ResultFor           the one place where errors get consequences     pure
//	  └─ Report              the only writer of conditions and events        cluster (write)
//
// The start is on record before the call, and written so that only one of two reconciliations can write it: of a call whose
// end is not on record it is known that it may have been made. What is then safe to repeat is repeated; anything else ends as
// failed with an outcome that is not known.
package clerkuseraction
