// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkuser keeps users at Clerk as ClerkUsers declare them. One reconciliation reads like this:
//
//	Reconcile(ctx, user)                       reconcile.go, on the spine of package reconcile
//	  │
//	  ├─ sync ──────────────────────────────── or remove, when the object is being deleted
//	  │    resolveInstance  target.go          the ClerkInstance and the connection to Clerk    cluster (read)
//	  │    readSources      desired.go         values of Secrets and ConfigMaps, their digest   cluster (read)
//	  │    buildDesired     desired.go         the user as declared                             pure
//	  │    bind.prepare     bind.go            finalizer, and what is about to be created       cluster (write)
//	  │    locate           locate.go          the object's user, none, gone, or an error       Clerk (read)
//	  │    bind             bind.go            create, resume, adopt                            Clerk (create), cluster (write)
//	  │    enforce          enforce.go         diff, plan.Allow, apply; each answer is the      Clerk (write)
//	  │                                        next observation
//	  │    readExtras       extras.go          what statusIncludes asks for                     Clerk (read)
//	  ├─ resultFor          result.go          conditions, requeue, effects                     pure
//	  └─ report             report.go          status, events, metrics; carries effects out     cluster (write)
//
// Steps share the values of a reconciliation (reconciliation.go). Each step is a small struct with only the clients that it
// needs: locate has a Reader, so it cannot write. What this process remembers of an object is in state.go.
//
// The next reconciliation repairs what a crash between any two lines leaves: the finalizer comes first, the owner mark is part
// of the creating call, and what will be removed later is on record before it is written. The operator withholds changes that
// Clerk refused until their back-off ends, and applies everything else.
package clerkuser
