// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkuser keeps users at Clerk as ClerkUsers declare them. One pass reads like this:
//
//	Reconcile(ctx, user)
//	  │
//	  ├─ sync ─────────────────────────────────────────┐   or remove, when the object is being deleted
//	  │    inputs     the ClerkInstance and its way to Clerk   cluster (read)
//	  │    think      plan.FromSpec                            pure
//	  │    prepare    finalizer, what will be created          cluster (write), before any write to Clerk
//	  │    observe    the bound user, or bind                  Clerk (read, or the creating call)
//	  │    enforce    plan.For, plan.Allow, apply, again       Clerk (write); each answer is the new observation
//	  │    outcome ◄─────────────────────────────────────┘
//	  ├─ judge        the one place where errors become fate   pure
//	  └─ report       the only writer of status and events     cluster (write)
//
// A crash between any two lines leaves what the next pass repairs: the finalizer comes first, the owner mark travels in
// the creating call, and what will be taken back later is on record before it is written. What Clerk refuses is left out of
// the plan for a while; everything else is carried out.
package clerkuser
