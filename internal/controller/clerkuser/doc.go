// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkuser keeps users at Clerk as ClerkUsers declare them. One reconcile reads like this:
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
// Steps hand each other the values of a reconciliation (reconciliation.go). Each step is a small struct that holds what it needs
// and no more: locate was given a Reader, so it cannot write. What this process remembers of an object is in state.go.
//
// A crash between any two lines leaves what the next reconcile repairs: the finalizer comes first, the owner mark travels in
// the creating call, and what will be taken back later is on record before it is written. What Clerk refuses is left out of
// the plan for a while; everything else is carried out.
package clerkuser
