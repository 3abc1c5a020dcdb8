// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

// PriorityLevel says how urgent a call is.
type PriorityLevel int

// Priority levels, least urgent first. The most urgent waiting level is served first. The others get a token only while
// the token bucket has more tokens than they leave to more urgent levels; a full bucket has a tenth of the limit. A
// waiting level always gets one of ten tokens, so that no level starves.
const (
	// Background is for reads that keep a local copy current. They leave the bucket half full.
	Background PriorityLevel = iota
	// Drift is for the correction of changes that somebody made at the API. It leaves a fifth of the bucket.
	Drift
	// Interactive is for a change that a person waits for. It takes the last token.
	Interactive
)

// Levels returns all priority levels, least urgent first.
func Levels() []PriorityLevel { return []PriorityLevel{Background, Drift, Interactive} }

// String returns the name of the level in lower case.
func (l PriorityLevel) String() string {
	switch l {
	case Interactive:
		return "interactive"
	case Drift:
		return "drift"
	default:
		return "background"
	}
}

// Caller identifies who makes a call.
type Caller struct {
	// ID identifies the caller, for instance by the uid of a Kubernetes object. A caller waits for one token at a time.
	ID string
	// Flow names the callers that share one part of their level's tokens. Flows of the same level get equal parts, however
	// many calls each of them requests. The first calls of a flow without recent requests come before the later calls of
	// other flows. "" is a flow like any other.
	Flow string
	// Level is how urgent the calls are.
	Level PriorityLevel
}
