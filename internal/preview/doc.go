// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package preview finds out which calls the operator would make at Clerk if some objects were applied or deleted. It decides nothing
// by itself: it runs the operator's own reconciler of ClerkUsers on copies.
//
//	objects of the cluster and of the caller ──> cluster (in memory) ──> events ──> queue (simulated clock)
//	                                                                                      │
//	real users (read only) ──> simulation of Clerk <── calls ── clerkuser.Reconciler <────┘
//	                                  │
//	                                  └──> recorded calls: Result
//
// Nothing is written to the cluster or to Clerk: the cluster is given as a client.Reader and Clerk as a Reader, which cannot write.
package preview
