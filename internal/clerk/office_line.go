// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "maps"

// quantum is how many tickets each group gets in a round: about what one pass over an object needs.
const quantum = 4

// line is who waits for a ticket, in one class. It is served in rounds, in each of which every group that waits gets up to
// quantum tickets, so that a group's size makes only itself wait. Who joins the round under way goes before those who were
// told of it, since his group has not had its part of it; of several such groups each has its first call before any has
// its second. A round ends, for each group has one part in it, and so everybody gets his turn: among g groups a group's n-th
// place waits for less than (n + 2 × quantum) × g tickets.
type line struct {
	// waiting is how many wait.
	waiting int
	// fresh are those who joined the round under way, by how much of its part their group had taken before.
	fresh [quantum]round
	// rounds are the rounds to come; rounds[current] is under way and has number base+current.
	rounds        []round
	base, current int
	// sizes are the numbers of those who wait in each of rounds.
	sizes sums
	// parts are the groups that have a part in the round under way or later ones, kept how many the last sweep left.
	parts map[string]part
	kept  int
}

// part is the last round in which a group has a part, how much of that is taken, whether it goes before the rest of the
// round, and how many places of the group wait in all.
type part struct {
	round, taken, waiting int
	fresh                 bool
}

// next returns the part of a group with one more place.
func (l *line) next(group string) part {
	now := l.base + l.current
	mine, found := l.parts[group]
	switch {
	case !found || mine.round < now:
		mine.round, mine.taken = now, 0
	case mine.taken == quantum:
		mine.round, mine.taken = mine.round+1, 0
	}
	// Not before others of its own group.
	mine.fresh = mine.round == now && (mine.fresh || mine.waiting == 0)
	mine.taken++
	mine.waiting++
	return mine
}

// assign says where in the line a place would be.
func (l *line) assign(p *place) {
	mine := l.next(p.caller.Flow)
	if p.fresh = mine.fresh; p.fresh {
		p.round = mine.taken - 1
		p.seat = l.fresh[p.round].added
		return
	}
	p.round, p.seat = mine.round, 0
	if i := p.round - l.base; i < len(l.rounds) {
		p.seat = l.rounds[i].added
	}
}

// join puts a place at the end of what its group waits for.
func (l *line) join(p *place) {
	l.assign(p)
	l.remember(p.caller.Flow, l.next(p.caller.Flow))
	l.waiting++
	if p.fresh {
		l.fresh[p.round].push(p)
		return
	}
	i := p.round - l.base
	for len(l.rounds) <= i {
		l.rounds = append(l.rounds, round{})
	}
	l.rounds[i].push(p)
	l.sizes.add(i, 1)
}

// remember notes a group's part and, when their number has doubled, forgets the groups whose last part is over.
func (l *line) remember(group string, mine part) {
	if l.parts == nil {
		l.parts = map[string]part{}
	}
	l.parts[group] = mine
	if len(l.parts) > 2*l.kept+quantum {
		maps.DeleteFunc(l.parts, func(_ string, of part) bool { return of.waiting == 0 && of.round < l.base+l.current })
		l.kept = len(l.parts)
	}
}

// rejoin puts a place before all others.
func (l *line) rejoin(p *place) {
	mine := l.parts[p.caller.Flow]
	mine.waiting++
	l.remember(p.caller.Flow, mine)
	l.waiting++
	p.fresh, p.round = true, 0
	l.fresh[0].pushFirst(p)
}

// leave takes a place out.
func (l *line) leave(p *place) {
	p.gone = true
	if p.fresh {
		l.fresh[p.round].waiting--
	} else {
		l.rounds[p.round-l.base].waiting--
		l.sizes.add(p.round-l.base, -1)
	}
	l.shrink(p)
	// A group of which nobody waits any more had its part of the round under way, and no other.
	if mine, found := l.parts[p.caller.Flow]; found && mine.waiting == 0 && mine.round > l.base+l.current {
		l.parts[p.caller.Flow] = part{round: l.base + l.current, taken: quantum}
	}
}

// row returns what the first place is in, and whether that is the round under way. There has to be a place.
func (l *line) row() (*round, bool) {
	for i := range l.fresh {
		if l.fresh[i].waiting > 0 {
			return &l.fresh[i], false
		}
	}
	for l.rounds[l.current].waiting == 0 {
		l.current++
		l.drop()
	}
	return &l.rounds[l.current], true
}

// front returns the first place. There has to be one.
func (l *line) front() *place {
	row, _ := l.row()
	return row.front()
}

// pop takes the first place out. There has to be one.
func (l *line) pop() *place {
	row, counted := l.row()
	p := row.pop()
	if counted {
		l.sizes.add(l.current, -1)
	}
	l.shrink(p)
	return p
}

// shrink counts a place less. When nobody waits there is nothing to be fair about, so what groups had is forgotten.
func (l *line) shrink(without *place) {
	if l.waiting--; l.waiting == 0 {
		*l = line{}
		return
	}
	mine := l.parts[without.caller.Flow]
	mine.waiting--
	l.parts[without.caller.Flow] = mine
}

// drop forgets the rounds that are over once they are the most.
func (l *line) drop() {
	const few = 1000
	if l.current < few || 2*l.current < len(l.rounds) {
		return
	}
	l.rounds = append([]round(nil), l.rounds[l.current:]...)
	l.base, l.current, l.sizes = l.base+l.current, 0, nil
	for i := range l.rounds {
		l.sizes.add(i, l.rounds[i].waiting)
	}
}

// ahead returns how many are before a place that was assigned.
func (l *line) ahead(p *place) int {
	before := 0
	for i := range l.fresh {
		if p.fresh && p.round == i {
			return before + l.fresh[i].ahead(p)
		}
		before += l.fresh[i].waiting
	}
	i := p.round - l.base
	before += l.sizes.before(i)
	if i < len(l.rounds) {
		before += l.rounds[i].ahead(p)
	}
	return before
}
