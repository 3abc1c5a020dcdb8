// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

// PriorityLevel says how urgent a call is.
type PriorityLevel int

// Priority levels, least urgent first. The most urgent level that waits is served first. The others get a token only while
// the token bucket holds more than what they leave to more urgent levels; a full bucket holds a tenth of the limit. A level
// that waits gets one of ten tokens in any case, so that no level starves.
const (
	// Background is for reads that only keep a local copy fresh. They leave the bucket half full.
	Background PriorityLevel = iota
	// Drift is for correcting what somebody changed at the API. It leaves a fifth of the bucket.
	Drift
	// Interactive is for a change that a person waits for. It takes the last token.
	Interactive
)

// Caller says on whose behalf a call is made.
type Caller struct {
	// ID tells callers apart, for instance the uid of a Kubernetes object. A caller waits for one token at a time.
	ID string
	// Flow names the callers that share one part of their level's tokens. Flows of the same level get equal parts, however
	// many calls each of them asks for; the first calls of a flow that did not ask lately come before other flows' later
	// ones. "" is a flow like any other.
	Flow string
	// Level is how urgent the calls are.
	Level PriorityLevel
}
