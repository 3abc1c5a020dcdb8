// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package statemetrics exports gauges of what the ClerkUsers, ClerkInstances and ClerkUserActions of the cluster are like. Only the
// leader exports them, so that two replicas are not counted twice. Handlers of the caches count as objects change: a scrape reads
// counts and no objects, whose number does not matter to it.
package statemetrics
