// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// inLine is a place that a model of a line remembers.
type inLine struct {
	place  *place
	number int
	// joined is how many were served when it joined, most how many may be served before it.
	joined, most int
}

// TestLineLaws lets groups come and go at random, and holds what a line promises against a plain list of who waits.
func TestLineLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l line
		var waiting []inLine
		served, number := 0, 0
		const groups = 5
		left := false
		serve := func(t *rapid.T) {
			p := l.pop()
			i := slices.IndexFunc(waiting, func(w inLine) bool { return w.place == p })
			if i < 0 {
				t.Fatalf("served %s, who does not wait", p.caller.ID)
			}
			if w := waiting[i]; served-w.joined >= w.most {
				t.Fatalf("%s was served after %d others, want fewer than %d", p.caller.ID, served-w.joined, w.most)
			}
			for _, w := range waiting[:i] {
				if w.place.caller.Flow == p.caller.Flow && w.number < waiting[i].number {
					t.Fatalf("%s was served before %s of its group", p.caller.ID, w.place.caller.ID)
				}
			}
			waiting = slices.Delete(waiting, i, i+1)
			served++
		}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				group := fmt.Sprint("group ", rapid.IntRange(1, groups).Draw(t, "group"))
				for range rapid.IntRange(1, 30).Draw(t, "places") {
					number++
					p := &place{caller: ratelimit.Caller{ID: fmt.Sprint(number), Flow: group}}
					l.join(p)
					mine := 1
					for _, w := range waiting {
						if w.place.caller.Flow == group {
							mine++
						}
					}
					waiting = append(waiting, inLine{p, number, served, (mine + 2*quantum) * groups})
				}
			},
			"pop": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "tickets") {
					if len(waiting) == 0 {
						return
					}
					serve(t)
				}
			},
			"leave": func(t *rapid.T) {
				if len(waiting) > 0 && rapid.IntRange(0, 3).Draw(t, "often") == 0 {
					i := rapid.IntRange(0, len(waiting)-1).Draw(t, "who")
					l.leave(waiting[i].place)
					waiting = slices.Delete(waiting, i, i+1)
					left = true
				}
			},
			"": func(t *rapid.T) {
				if l.waiting != len(waiting) {
					t.Fatalf("%d wait, want %d", l.waiting, len(waiting))
				}
				if len(waiting) == 0 {
					left = false
				}
			},
		})
		forecast := make([]int, 0, len(waiting))
		for _, w := range waiting {
			forecast = append(forecast, l.ahead(w.place))
		}
		for i, w := range slices.Clone(waiting) {
			w.number = forecast[i]
			waiting[i] = w
		}
		for nth := range waiting {
			p := l.pop()
			i := slices.IndexFunc(waiting, func(w inLine) bool { return w.place == p })
			if said := waiting[i].number; said < nth || !left && said != nth {
				t.Fatalf("%s was said to be the %dth, and is the %dth", p.caller.ID, said, nth)
			}
		}
		if l.parts != nil || l.rounds != nil {
			t.Fatalf("nobody waits, and %d groups and %d rounds are remembered", len(l.parts), len(l.rounds))
		}
	})
}

func TestSums(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s sums
		plain := make([]int, 100)
		for range rapid.IntRange(0, 50).Draw(t, "additions") {
			i, n := rapid.IntRange(0, len(plain)-1).Draw(t, "index"), rapid.IntRange(-5, 5).Draw(t, "n")
			s.add(i, n)
			plain[i] += n
		}
		sum := 0
		for i, n := range plain {
			if got := s.before(i); got != sum {
				t.Fatalf("before(%d) = %d, want %d", i, got, sum)
			}
			sum += n
		}
	})
}

func TestLineForgetsRoundsAndGroupsThatAreOver(t *testing.T) {
	t.Parallel()
	var l line
	join := func(group string) {
		l.join(&place{caller: ratelimit.Caller{Flow: group}})
	}
	for range 5000 * quantum {
		join("flood")
	}
	last := &place{caller: ratelimit.Caller{Flow: "flood"}}
	l.join(last)
	for i := range 4990 * quantum {
		join(fmt.Sprint("group ", i))
		l.pop()
		l.pop()
	}
	if n := len(l.parts); n > 50 {
		t.Errorf("%d groups are remembered", n)
	}
	if n := len(l.rounds); n > 2000 {
		t.Errorf("%d rounds are remembered", n)
	}
	if got := l.ahead(last); got != 10*quantum {
		t.Errorf("%d before the last, want %d", got, 10*quantum)
	}
	for range 10 * quantum {
		l.pop()
	}
	if p := l.pop(); p != last {
		t.Error("the last was not served last")
	}
}

func TestAGroupThatLeavesIsNotTakenToHaveHadItsParts(t *testing.T) {
	t.Parallel()
	var l line
	var left []*place
	for range 100 {
		l.join(&place{caller: ratelimit.Caller{Flow: "flood"}})
		p := &place{caller: ratelimit.Caller{Flow: "fickle"}}
		l.join(p)
		left = append(left, p)
	}
	for _, p := range left {
		l.leave(p)
	}
	p := &place{caller: ratelimit.Caller{Flow: "fickle"}}
	if l.join(p); l.ahead(p) > 3*quantum {
		t.Errorf("%d are before it", l.ahead(p))
	}
}
