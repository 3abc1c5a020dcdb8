// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkinstance keeps ClerkInstances: it reads the secret key, asks Clerk which instance the key belongs to, opens the
// connection that ClerkUsers use, and counts. One reconciliation reads like this:
//
//	Reconcile(ctx, instance)
//	  │
//	  ├─ Run
//	  │    countUsers      those that lead to the instance                cluster (read)
//	  │    release         where it is deleted and nobody needs it        cluster (read live, write)
//	  │    checkDecoded    values of the object that did not decode       pure
//	  │    finalizers      of the instance, and of its former Secret      cluster (write)
//	  │    connect         the key, and which instance it belongs to      cluster (read live, write), Clerk (read)
//	  ├─ ResultFor         conditions, numbers, what users are told       pure
//	  └─ Report            the only writer of status and events           cluster (write), pool
package clerkinstance
