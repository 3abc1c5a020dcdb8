// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package reconcile is what the controllers of all kinds have in common. One reconciliation of one object reads like this:
//
//	Reconciler.Reconcile(ctx, object)
//	  │
//	  ├─ Outdated      a copy from before our own last write is skipped; the event of that write is on its way
//	  ├─ Delay         an object whose turn has not come yet is put off
//	  ├─ Run           takes the kind's steps and returns what they learned    cluster, Clerk
//	  ├─ ResultFor     turns that into conditions, requeue and effects         pure
//	  └─ Report        writes status and events, carries the effects out       cluster (write)
//
// Errors whose consequence is known where they are found are a *[Problem] or a *[WaitError]. Any other error is retried. What
// the process remembers of objects is in a [Store]; nothing of that is needed to be right.
//
// controller-runtime has a package of the same name, which is imported as crreconcile where both are needed.
package reconcile
