// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package ratelimit decides when calls to an API may be made, so that they stay within its limits and share them fairly. It
// works like a small API Priority and Fairness of the Kubernetes API server, but for the calls of a client. Each call
// belongs to a priority level and to a flow, and needs a token.
//
//	caller: id, flow, level
//	          |
//	          v             the API limited the calls on this user
//	  +---------------+
//	  |  user limits  |----------------------------------------------> retry at
//	  +---------------+
//	          |             a queue per level: rounds, in them up to 4 seats per flow
//	          v
//	Interactive  [ a1 a2 a3 a4 b1 b2 | a5 a6 a7 | ... ]--+  takes the last token
//	Drift        [ a1 a2 c1 c2 c3 c4 | c5 ]--------------+  leaves a fifth of the bucket
//	Background   [ d1 ]----------------------------------+  leaves half of the bucket
//	          |                                          |
//	          v                                          v
//	      retry at                               +--------------+     +------------------+
//	                                             | token bucket |---->|      window      |---> token
//	                                             +--------------+     +------------------+
//	                                              rate 96 % and        at most the limit
//	                                              burst 10 % of        in 10 seconds
//	                                              the limit
//
// The most urgent waiting level gets the next token, and every waiting level gets one of ten. Within a level, flows take
// turns. A caller without a token has a seat in its queue and gets the time of its next attempt, which is a forecast. The
// package never blocks: a token is granted at an attempt.
//
// The package knows nothing about HTTP. Its user reports which calls the API limited (Throttle), and that calls with a
// credential will not be made (Forget).
package ratelimit
