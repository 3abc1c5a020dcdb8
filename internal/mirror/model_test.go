// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// model is an environment in which everything happens at the worst time: during a call anything else may happen, and
// lists may show a state that is a minute old. Followers do what a controller does after a notification.
//
// A user's name is its version. The source has the true state.
type model struct {
	t      *rapid.T
	at     time.Time
	source *source
	mirror *Mirror
	run    *session
	// due is when a follower reconciles next, if at all.
	due map[string]time.Time
	// follows is the user that a follower follows. views is what it last acted on: a version, "absent", or "" for nothing
	// yet.
	follows, views map[string]string
	busy           map[string]bool
	// answered is the version of our last answered write to a user; deleted after an answered deletion.
	answered map[string]int
	versions map[string]int
	born     map[string]time.Time
	// flights are reads by id whose answers have not arrived.
	flights []flight
	made    int
	// depth is the number of nested calls under way. quiet is true if only necessary things happen.
	depth    int
	quiet    bool
	notified int
	// often is true if lists are read all the time.
	often bool
	// random replaces what would be too many draws.
	random *rand.Rand
}

// deleted is later than every version of a user.
const deleted = math.MaxInt

// flight is a read by id that was answered and whose answer has not arrived.
type flight struct {
	id    string
	asked time.Time
	user  *clerk.User
}

func newModel(t *rapid.T) *model {
	m := &model{
		t: t, at: start, due: map[string]time.Time{}, follows: map[string]string{}, views: map[string]string{},
		busy: map[string]bool{}, versions: map[string]int{}, answered: map[string]int{}, born: map[string]time.Time{},
	}
	m.source = newSource(func() time.Time { return m.at })
	m.source.fault = m.meanwhile
	m.random = rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	// Enough that a walk is not always the cheaper way, and that the incremental sync does not show everything.
	m.source.seed(100, 100+rapid.SampledFrom([]int{0, 130, 600}).Draw(t, "others"))
	users := rapid.SampledFrom([]int{1, 2, 9}).Draw(t, "users")
	for n := range users {
		m.create(idOf(n))
	}
	for n := range 4 {
		m.follows[fmt.Sprint("follower-", n)] = idOf(n % users)
	}
	m.advance(61 * time.Second)
	m.often = m.flip("often")
	m.restart()
	m.quiet = true
	for range 10 {
		m.step()
	}
	m.quiet = false
	return m
}

func (m *model) now() time.Time          { return m.at }
func (m *model) advance(d time.Duration) { m.at = m.at.Add(d) }
func (m *model) flip(label string) bool  { return rapid.Bool().Draw(m.t, label) }
func (m *model) seconds(most int) time.Duration {
	return time.Duration(rapid.IntRange(0, most).Draw(m.t, "seconds")) * time.Second
}
func (m *model) pick(label string, of []string) string { return rapid.SampledFrom(of).Draw(m.t, label) }
func (m *model) user() string                          { return m.pick("user", slices.Sorted(maps.Keys(m.versions))) }
func (m *model) anyFollower() string {
	return fmt.Sprint("follower-", rapid.IntRange(0, 5).Draw(m.t, "follower"))
}

// create creates a user at Clerk.
func (m *model) create(id string) *clerk.User {
	m.born[id] = m.at
	return m.change(id, true)
}

// change creates another version of a user at Clerk.
func (m *model) change(id string, bump bool) *clerk.User {
	m.versions[id]++
	name := strconv.Itoa(m.versions[id])
	if bump || m.versions[id] == 1 {
		return m.source.rename(id, name)
	}
	m.source.renameSilently(id, name)
	return m.source.get(id)
}

// meanwhile is what happens while the mirror waits for Clerk.
func (m *model) meanwhile(call) error {
	m.source.lag = 0
	if m.quiet {
		m.source.lag = time.Duration(m.random.Int64N(int64(time.Minute)))
		return nil
	}
	m.source.lag = m.seconds(60)
	m.interleave()
	if rapid.IntRange(0, 7).Draw(m.t, "fails") == 0 {
		return errDown
	}
	return nil
}

// interleave lets up to two other things happen, and lets time pass.
func (m *model) interleave() {
	if m.depth > 1 || m.quiet {
		return
	}
	m.depth++
	defer func() { m.depth-- }()
	for range rapid.IntRange(0, 2).Draw(m.t, "interleaved") {
		m.happen(anytime())
	}
	m.advance(m.seconds(5) + time.Millisecond)
}

// anytime is what may happen while a call is under way, and anything what may happen otherwise.
func anytime() []string {
	return []string{
		"Wait", "ConsumeAll", "Follow", "Unfollow", "EditOutside", "EditOutside", "DeleteOutside", "DeleteMany", "CreateOutside", "Create", "CreateInVain",
		"Write", "Write", "WritePart", "WritePart", "LoseAnswer", "Remove", "BeginRead", "BeginRead", "DeliverRead", "DeliverRead",
	}
}

func anything() []string {
	return append(anytime(),
		"Work", "Work", "Work", "Work", "ConsumeAll", "ConsumeAll", "Wait", "WaitLong", "Restart", "AnotherProcess",
		"Write", "WritePart", "LoseAnswer", "EditOutside")
}

// happen makes one of some actions happen, a moment later.
func (m *model) happen(actions []string) {
	m.advance(time.Millisecond)
	switch m.pick("happens", actions) {
	case "Work":
		m.work()
	case "Restart":
		m.run = &session{Mirror: m.mirror, source: m.source, instanceID: instanceID}
	case "AnotherProcess":
		m.restart()
	case "Wait":
		m.advance(m.seconds(20))
	case "WaitLong":
		m.advance(m.seconds(2 * 60 * 60))
	case "ConsumeAll":
		m.consumeAll()
	case "Follow":
		m.alone(func(follower string) { m.follow(follower, m.user()) })
	case "Unfollow":
		m.alone(m.unfollow)
	case "EditOutside":
		m.editOutside(m.user())
	case "DeleteOutside":
		m.source.removeIfThere(m.user())
	case "DeleteMany":
		m.deleteMany()
	case "CreateOutside":
		m.create(m.newID())
	case "Create":
		m.alone(m.createOwn)
	case "CreateInVain":
		m.createInVain()
	case "Write":
		m.alone(m.write)
	case "WritePart":
		m.alone(m.writePart)
	case "LoseAnswer":
		m.alone(m.loseAnswer)
	case "Remove":
		m.alone(m.remove)
	case "BeginRead":
		m.beginRead(m.user())
	case "DeliverRead":
		m.deliverRead()
	}
}
func (s *source) removeIfThere(id string) {
	if s.get(id) != nil {
		s.remove(id)
	}
}

func (m *model) deleteMany() {
	for id := range m.versions {
		m.source.removeIfThere(id)
	}
}

func (m *model) newID() string {
	m.made++
	return fmt.Sprint("user_made", m.made)
}

func (m *model) editOutside(id string) {
	if m.source.get(id) != nil {
		m.change(id, m.flip("bump"))
	}
}

// restart begins with an empty mirror, like another process, which knows nothing about earlier writes.
func (m *model) restart() {
	m.mirror = New(Config{Now: m.now, Changed: m.notify})
	m.run = &session{Mirror: m.mirror, source: m.source, instanceID: instanceID}
	if m.often {
		m.mirror.SetIntervals(5*time.Second, 40*time.Second)
	}
	m.answered, m.flights = map[string]int{}, nil
	m.mirror.Follow(following(m.follows))
	for follower := range m.follows {
		m.views[follower], m.due[follower] = "", m.at
	}
}

func (m *model) notify(followers []string) {
	for _, follower := range followers {
		if m.follows[follower] == "" {
			m.t.Fatalf("%s is notified and follows nobody", follower)
		}
		m.due[follower] = m.at
		m.notified++
	}
}

// wake reconciles a follower, unless it was unbound meanwhile.
func (m *model) wake(follower string) {
	if m.follows[follower] != "" {
		m.due[follower] = m.at
	}
}

func (m *model) work() {
	if tried, err := m.run.work(m.t.Context()); tried != nil {
		m.run.note(tried, err)
	}
}

func (m *model) follow(follower, id string) {
	m.follows[follower], m.views[follower], m.due[follower] = id, "", m.at
	if m.flip("bind") {
		m.mirror.Bind(follower, id)
	}
}

func (m *model) unfollow(follower string) {
	m.mirror.Unbind(follower)
	delete(m.follows, follower)
	delete(m.due, follower)
}

func (m *model) consumeAll() {
	for _, follower := range slices.Sorted(maps.Keys(m.due)) {
		if !m.busy[follower] {
			m.busy[follower] = true
			m.consume(follower)
			delete(m.busy, follower)
		}
	}
}

// alone makes a follower do something, unless it is busy: an object has one reconciliation at a time.
func (m *model) alone(act func(follower string)) {
	follower := m.anyFollower()
	if m.busy[follower] {
		return
	}
	m.busy[follower] = true
	act(follower)
	delete(m.busy, follower)
}

// consume is a reconciliation of a controller: it acts on the mirror's view, or reads by id if that view is not
// certain.
func (m *model) consume(follower string) {
	id := m.follows[follower]
	if at, due := m.due[follower]; !due || at.After(m.at) || id == "" {
		return
	}
	delete(m.due, follower)
	view := m.mirror.Look(follower, id)
	switch view.Presence {
	case Present:
		m.act(follower, view.User)
	case Doubtful:
		m.read(follower, id)
	case MassAbsent:
		if m.quiet || m.flip("released") {
			m.read(follower, id)
		}
	case Absent:
		m.views[follower] = "absent"
	case Pending:
	}
}

// act checks the main law: nobody acts on anything older than our own last answered write or deletion.
func (m *model) act(follower string, user *clerk.User) {
	version, err := strconv.Atoi(user.FirstName)
	if err != nil || user.ID != m.follows[follower] {
		m.t.Fatalf("%s follows %s and is shown %+v", follower, m.follows[follower], user)
	}
	if version < m.answered[user.ID] {
		m.t.Fatalf("%s acts upon version %d of %s, though a write was answered with version %d", follower, version, user.ID, m.answered[user.ID])
	}
	m.views[follower] = user.FirstName
}

// live is Clerk's answer to a read by id: a user created less than a minute ago may be missing.
func (m *model) live(id string) *clerk.User {
	if !m.quiet && m.at.Sub(m.born[id]) < time.Minute && m.flip("not there yet") {
		return nil
	}
	return m.source.get(id)
}

func (m *model) read(follower, id string) {
	asked := m.at
	early := m.flipUnlessQuiet("answered early")
	user := m.live(id)
	m.interleave()
	if !early {
		user = m.live(id)
	}
	if m.follows[follower] != id {
		return
	}
	if user == nil {
		m.mirror.NotFound(id, asked)
		if m.mirror.Look(follower, id).Presence == Absent {
			m.views[follower] = "absent"
		} else {
			m.due[follower] = m.at.Add(5 * time.Second)
		}
		return
	}
	if known, ok := m.mirror.Read(user, asked); ok {
		m.act(follower, known)
	} else {
		m.due[follower] = m.at.Add(2 * time.Second)
	}
}

func (m *model) flipUnlessQuiet(label string) bool { return !m.quiet && m.flip(label) }

// beginRead begins a read by id; its answer arrives at any time.
func (m *model) beginRead(id string) {
	m.flights = append(m.flights, flight{id: id, asked: m.at, user: m.live(id)})
}

func (m *model) deliverRead() {
	if len(m.flights) == 0 {
		return
	}
	n := rapid.IntRange(0, len(m.flights)-1).Draw(m.t, "flight")
	f := m.flights[n]
	m.flights = slices.Delete(m.flights, n, n+1)
	if f.user == nil {
		m.mirror.NotFound(f.id, f.asked)
		return
	}
	m.mirror.Read(f.user, f.asked)
}

// owned returns the user that a follower may write to; "" if there is none.
func (m *model) owned(follower string) string {
	id := m.follows[follower]
	if id == "" || m.views[follower] == "" || m.source.get(id) == nil {
		return ""
	}
	return id
}

// write is a call that is answered with the whole user. Anything may happen before and after it takes effect.
func (m *model) write(follower string) {
	id := m.owned(follower)
	if id == "" {
		return
	}
	asked := m.at
	m.interleave()
	if m.source.get(id) == nil {
		m.mirror.WrotePart(id)
		m.wake(follower)
		return
	}
	user := m.change(id, m.flip("bump"))
	version := m.versions[id]
	m.interleave()
	m.answered[id] = max(version, m.answered[id])
	m.mirror.Wrote(user, asked)
	if m.follows[follower] == id {
		m.views[follower] = user.FirstName
	}
}

// writePart is a call whose answer does not hold the user. A read follows, unless the process is interrupted.
func (m *model) writePart(follower string) {
	id := m.owned(follower)
	if id == "" {
		return
	}
	m.change(id, m.flip("bump"))
	version := m.versions[id]
	m.interleave()
	m.answered[id] = max(version, m.answered[id])
	m.mirror.WrotePart(id)
	m.wake(follower)
	if m.flip("reads at once") {
		m.consume(follower)
	}
}

// loseAnswer is a write with a lost answer, carried out or not.
func (m *model) loseAnswer(follower string) {
	id := m.owned(follower)
	if id == "" {
		return
	}
	if m.flip("carried out") {
		m.change(id, m.flip("bump"))
	}
	m.interleave()
	m.mirror.WrotePart(id)
	m.wake(follower)
}

// createOwn creates a user and binds the follower to it.
func (m *model) createOwn(follower string) {
	id, asked := m.newID(), m.at
	user := m.create(id)
	m.interleave()
	m.answered[id] = max(1, m.answered[id])
	m.mirror.Wrote(user, asked)
	m.mirror.Bind(follower, id)
	m.follows[follower], m.views[follower] = id, user.FirstName
}

// createInVain creates a user for an object that is gone meanwhile, and deletes it again.
func (m *model) createInVain() {
	id, asked := m.newID(), m.at
	user := m.create(id)
	m.interleave()
	m.answered[id] = max(1, m.answered[id])
	m.mirror.Wrote(user, asked)
	m.interleave()
	m.source.removeIfThere(id)
	m.interleave()
	m.answered[id] = deleted
	m.mirror.Forget(id)
}

// remove deletes the follower's user and unbinds it.
func (m *model) remove(follower string) {
	id := m.owned(follower)
	if id == "" {
		return
	}
	m.source.remove(id)
	m.interleave()
	m.answered[id] = deleted
	m.mirror.Forget(id)
	if m.follows[follower] == id {
		m.unfollow(follower)
	}
}

// settle changes nothing until a full sync has seen the present state.
func (m *model) settle() {
	for len(m.flights) > 0 {
		m.deliverRead()
	}
	m.quiet = true
	// Users bound or written to less than a minute before a listing begins are left to the next one.
	for _, at := range []time.Duration{time.Minute, 2 * time.Minute} {
		until := m.at.Add(at)
		for steps := 0; !m.mirror.LastFullSync().After(until) || len(m.due) > 0; steps++ {
			if steps > 2000 {
				m.t.Fatalf("no listing since %s, due %v", until, m.due)
			}
			m.step()
		}
	}
}

// step does what is next if nothing else happens.
func (m *model) step() {
	m.work()
	m.consumeAll()
	pause := max(m.run.pause(nil), 0)
	for _, at := range m.due {
		pause = min(pause, max(at.Sub(m.at), 0))
	}
	m.advance(pause)
}

func (m *model) check() {
	for follower, id := range m.follows {
		want := "absent"
		if u := m.source.get(id); u != nil {
			want = u.FirstName
		}
		if got := m.views[follower]; got != want {
			m.t.Errorf("%s last acted upon %q of %s, which is %q", follower, got, id, want)
		}
	}
}

// The laws of the mirror: nobody acts on anything older than our last answered write or deletion. A follower that looks only when
// notified has the true state after the next full sync. When nothing changes any more, nobody is notified.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			m.happen(anything())
		}
		m.settle()
		m.check()
		m.notified = 0
		for end := m.at.Add(3 * m.mirror.schedule.fullInterval); m.at.Before(end); {
			m.step()
		}
		if m.notified > 0 {
			t.Errorf("notified %d times though nothing changed", m.notified)
		}
		m.check()
	})
}
