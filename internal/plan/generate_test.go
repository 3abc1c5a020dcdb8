// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Alphabets are small, so that spec, record and user often speak of the same thing. Every value holds leakMarker, by which
// it is found if it is printed.
const leakMarker = "cnry"

// kelvin is the Kelvin sign and longS another s: Unicode folds them to k and s, and they are other letters all the same.
const (
	kelvin = "\u212a"
	longS  = "\u017f"
)

var (
	names     = []string{"", leakMarker + "a", leakMarker + kelvin}
	usernames = []string{"", leakMarker + "a", leakMarker + "K", leakMarker + "\u00df"}
	addresses = []string{leakMarker + "a@x.io", leakMarker + "k@x.io", leakMarker + "\u0131\u0430@x.io"}
	numbers   = []string{"+15555550100", "+15555550101", "+15555550102"}
	keys      = []string{"a", "b", "c/d~e"}
	policies  = []v1alpha1.MergePolicy{v1alpha1.PolicyMerge, v1alpha1.PolicyReplace}
	states    = []clerk.IdentifierStatus{clerk.Verified, clerk.Verified, clerk.Reserved, clerk.Unverified}
	statuses  = []v1alpha1.IdentifierStatus{v1alpha1.IdentifierVerified, v1alpha1.IdentifierReserved}
	mark      = plan.Mark{Cluster: leakMarker, Namespace: "ns", Name: "ada", UID: "u1", Origin: v1alpha1.OriginCreated}
)

// pair is an input of the planner.
type pair struct {
	spec    v1alpha1.ClerkUserSpec
	applied v1alpha1.Applied
	lift    bool
	inputs  inputs
	// user is nil for an absent one.
	user *clerk.User
}

func (p pair) desired() *plan.Desired { return p.desiredWith(p.applied) }

func (p pair) desiredWith(applied v1alpha1.Applied) *plan.Desired {
	in := p.inputs.of(p.spec)
	in.Mark, in.Applied, in.LiftLock = mark, applied, p.lift
	d, err := plan.FromSpec(&p.spec, in)
	if err != nil {
		panic(err)
	}
	return d
}

var pairs = rapid.Custom(func(t *rapid.T) pair {
	p := pair{spec: specs.Draw(t, "spec"), lift: rapid.Bool().Draw(t, "lift"), inputs: drawInputs(t)}
	p.applied = drawApplied(t, p.spec)
	switch rapid.IntRange(0, 8).Draw(t, "kind of user") {
	case 0:
	case 1, 2, 3:
		p.user = drawUser(t)
	default:
		created, err := act(nil, plan.For(p.desired(), nil)[0])
		if err != nil {
			t.Fatal(err)
		}
		p.user = drawEdits(t, created)
	}
	return p
})

func one[T any](t *rapid.T, label string, from []T) T { return rapid.SampledFrom(from).Draw(t, label) }

func maybe[T any](t *rapid.T, label string, from []T) *T {
	if rapid.Bool().Draw(t, label+" given") {
		return new(one(t, label, from))
	}
	return nil
}

var bools = []bool{true, false}

var specs = rapid.Custom(func(t *rapid.T) v1alpha1.ClerkUserSpec {
	spec := v1alpha1.ClerkUserSpec{
		Username:          maybe(t, "username", usernames),
		EmailAddresses:    drawEmails(t),
		PhoneNumbers:      drawPhones(t),
		IdentifiersPolicy: maybe(t, "identifiers policy", policies),
		PublicMetadata:    drawRaw(t, "public"),
		PrivateMetadata:   drawRaw(t, "private"),
		UnsafeMetadata:    drawRaw(t, "unsafe"),
		MetadataPolicy:    maybe(t, "metadata policy", policies),
		Banned:            maybe(t, "banned", bools),
		Locked:            maybe(t, "locked", bools),
	}
	drawPlain(t, &spec)
	drawSources(t, &spec)
	if rapid.IntRange(0, 3).Draw(t, "initial given") == 0 {
		spec.Initial = &v1alpha1.InitialValues{
			Web3Wallets:     []string{"0x" + strings.Repeat("Ab", 20)},
			SkipLegalChecks: maybe(t, "skip legal", bools),
		}
	}
	return spec
})

func drawSubset(t *rapid.T, label string, of []string) []string {
	var chosen []string
	for _, value := range rapid.Permutation(of).Draw(t, label+" order") {
		if rapid.Bool().Draw(t, label+" has "+value) {
			chosen = append(chosen, value)
		}
	}
	return chosen
}

// drawPrimary is the index of the entry that is marked primary; -1: none.
func drawPrimary(t *rapid.T, label string, count int) int {
	return rapid.IntRange(-1, count-1).Draw(t, label)
}

func drawEmails(t *rapid.T) []v1alpha1.EmailAddress {
	if !rapid.Bool().Draw(t, "emails given") {
		return nil
	}
	list := []v1alpha1.EmailAddress{}
	for _, address := range drawSubset(t, "emails", addresses) {
		if rapid.IntRange(0, 4).Draw(t, "case") == 0 {
			address = upperASCII(address)
		}
		list = append(list, v1alpha1.EmailAddress{Address: address, Status: maybe(t, "status", statuses)})
	}
	if at := drawPrimary(t, "primary email", len(list)); at >= 0 {
		list[at].Primary = new(true)
	}
	return list
}

// upperASCII has no letter in upper case that Clerk could fold otherwise.
func upperASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, text)
}

func drawPhones(t *rapid.T) []v1alpha1.PhoneNumber {
	if !rapid.Bool().Draw(t, "phones given") {
		return nil
	}
	list := []v1alpha1.PhoneNumber{}
	for _, number := range drawSubset(t, "phones", numbers) {
		phone := v1alpha1.PhoneNumber{
			Number: number, Status: maybe(t, "status", statuses), ReservedForSecondFactor: maybe(t, "second factor", bools),
		}
		if phone.Status != nil && *phone.Status == v1alpha1.IdentifierReserved {
			phone.ReservedForSecondFactor = nil
		}
		list = append(list, phone)
	}
	if at := drawPrimary(t, "primary phone", len(list)); at >= 0 {
		list[at].Primary = new(true)
	}
	return list
}

func drawRaw(t *rapid.T, label string) *runtime.RawExtension {
	if !rapid.Bool().Draw(t, label+" given") {
		return nil
	}
	return &runtime.RawExtension{Raw: []byte(asJSON(drawMetadata(t)))}
}

// drawMetadata fits into Clerk's 8 KB, with room for a mark.
func drawMetadata(t *rapid.T) map[string]any {
	object := drawObject(t, 3)
	if len(asJSON(object)) > 8000 {
		return map[string]any{}
	}
	return object
}

func drawObject(t *rapid.T, depth int) map[string]any {
	object := map[string]any{}
	for _, key := range drawSubset(t, "keys", keys) {
		object[key] = drawValue(t, depth-1)
	}
	return object
}

func drawValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 7).Draw(t, "kind of value"); {
	case kind < 3 && depth > 0:
		return drawObject(t, depth)
	case kind == 3:
		return []any{leakMarker + "1", float64(2)}
	case kind == 4:
		return float64(rapid.IntRange(0, 1).Draw(t, "number"))
	case kind == 5 && rapid.IntRange(0, 9).Draw(t, "large") == 0:
		return strings.Repeat(leakMarker, 1000)
	default:
		return leakMarker + one(t, "text", []string{"1", "2", "<\u2028&" + kelvin})
	}
}

// drawApplied is a record of what was added: some of what the spec declares, and some that it does not.
func drawApplied(t *rapid.T, spec v1alpha1.ClerkUserSpec) v1alpha1.Applied {
	if rapid.IntRange(0, 3).Draw(t, "nothing applied") == 0 {
		return v1alpha1.Applied{}
	}
	applied := v1alpha1.Applied{
		EmailAddresses: drawSubset(t, "applied emails", addresses),
		PhoneNumbers:   drawSubset(t, "applied phones", numbers),
		Banned:         rapid.Bool().Draw(t, "applied ban"),
		Locked:         rapid.Bool().Draw(t, "applied lock"),

		ProfileImage:       rapid.Bool().Draw(t, "applied image"),
		PasswordDigest:     one(t, "recorded password", recorded),
		ProfileImageDigest: one(t, "recorded image", recorded),
	}
	declared := metadataIn(spec)
	for _, field := range slices.Sorted(maps.Keys(declared)) {
		raw := declared[field]
		pointers := leafPointers("/"+field, drawObject(t, 3))
		if raw != nil {
			pointers = append(pointers, leafPointers("/"+field, raw)...)
		}
		slices.Sort(pointers)
		for _, pointer := range pointers {
			if rapid.Bool().Draw(t, "applied "+pointer) {
				applied.Metadata = append(applied.Metadata, pointer)
			}
		}
	}
	return applied
}

// leafPointers is the JSON pointers of what is no object, or an empty one.
func leafPointers(at string, value any) []string {
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 && strings.Count(at, "/") > 1 {
		return []string{at}
	}
	var pointers []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		escaped := strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
		pointers = append(pointers, leafPointers(at+"/"+escaped, object[key])...)
	}
	return pointers
}

// drawUser is any user that Clerk could hold.
func drawUser(t *rapid.T) *clerk.User {
	u := &clerk.User{
		ID:       "user_1",
		Username: one(t, "user username", names),

		PublicMetadata:  drawMetadata(t),
		PrivateMetadata: drawMetadata(t),
		UnsafeMetadata:  drawMetadata(t),

		Banned: rapid.Bool().Draw(t, "user banned"),
		Locked: rapid.Bool().Draw(t, "user locked"),
	}
	for _, name := range plainNames() {
		drawHeld(t, u, name)
	}
	if rapid.Bool().Draw(t, "user password") {
		setPassword(u, clerk.NewSecret(one(t, "user password text", passwords)))
	}
	if rapid.Bool().Draw(t, "user image") {
		setImage(u, one(t, "user image", images))
	}
	drawUserEmails(t, u)
	drawUserPhones(t, u)
	if rapid.IntRange(0, 3).Draw(t, "wallet") == 0 {
		u.Web3Wallets = []clerk.Web3Wallet{{ID: "idn_w", Address: "0x" + strings.Repeat("ab", 20), Status: one(t, "wallet state", states)}}
	}
	drawMark(t, u)
	return u
}

func drawUserEmails(t *rapid.T, u *clerk.User) {
	u.EmailAddresses, u.PrimaryEmailAddressID = nil, ""
	for _, address := range drawSubset(t, "user emails", append(slices.Clone(addresses), leakMarker+kelvin+"@x.io")) {
		u.EmailAddresses = append(u.EmailAddresses, clerk.EmailAddress{
			ID: "idn_" + address, Address: address, Status: one(t, "state", states),
			Linked: rapid.IntRange(0, 5).Draw(t, "linked") == 0,
		})
	}
	if at := drawPrimary(t, "user primary email", len(u.EmailAddresses)); at >= 0 {
		u.PrimaryEmailAddressID = u.EmailAddresses[at].ID
	}
}

func drawUserPhones(t *rapid.T, u *clerk.User) {
	u.PhoneNumbers, u.PrimaryPhoneNumberID = nil, ""
	for _, number := range drawSubset(t, "user phones", numbers) {
		phone := clerk.PhoneNumber{
			ID: "idn_" + number, Number: number, Status: one(t, "state", states),
			Linked: rapid.IntRange(0, 5).Draw(t, "linked") == 0,
		}
		phone.ReservedForSecondFactor = phone.Status == clerk.Verified && rapid.Bool().Draw(t, "user second factor")
		u.PhoneNumbers = append(u.PhoneNumbers, phone)
	}
	if at := drawPrimary(t, "user primary phone", len(u.PhoneNumbers)); at >= 0 {
		u.PrimaryPhoneNumberID = u.PhoneNumbers[at].ID
	}
}

func drawMark(t *rapid.T, u *clerk.User) {
	marks := []any{nil, mark.String(), mark.String()}
	for _, uid := range []string{mark.UID, "u0"} {
		banned := mark
		banned.UID, banned.BannedOnDelete = uid, true
		marks = append(marks, banned.String())
	}
	other := mark
	other.Name, other.UID, other.BannedOnDelete = "eve", "u9", true
	marks = append(marks, other.String(), "not a mark", map[string]any{"v": "1"})
	if chosen := one(t, "mark", marks); chosen != nil {
		u.PrivateMetadata[v1alpha1.OwnerKey] = chosen
	} else {
		delete(u.PrivateMetadata, v1alpha1.OwnerKey)
	}
}

// drawEdits returns the user after edits by people and applications.
func drawEdits(t *rapid.T, u *clerk.User) *clerk.User {
	u = copyUser(u)
	edits := []func(){
		func() { drawUserEmails(t, u) },
		func() { drawUserPhones(t, u) },
		func() { u.Username = one(t, "edited username", names) },
		func() { drawHeld(t, u, one(t, "edited plain field", plainNames())) },
		func() { drawHeld(t, u, one(t, "another plain field", plainNames())) },
		func() { drawHeld(t, u, one(t, "a third plain field", plainNames())) },
		func() { u.Banned = !u.Banned },
		func() { u.PasswordEnabled, u.HasImage = false, false },
		func() { setPassword(u, clerk.NewSecret(one(t, "edited password", passwords))) },
		func() { setImage(u, one(t, "edited image", images)) },
		func() { u.Locked = !u.Locked },
		func() { u.PublicMetadata[one(t, "edited key", keys)] = drawValue(t, 1) },
		func() { delete(u.UnsafeMetadata, one(t, "removed key", keys)) },
		func() { u.PrivateMetadata = drawMetadata(t) },
		func() { u.PublicMetadata["a"] = nil },
		func() { drawMark(t, u) },
	}
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		edits[rapid.IntRange(0, len(edits)-1).Draw(t, "edit")]()
	}
	if len(asJSON(u.PublicMetadata)) > 8000 {
		u.PublicMetadata = clerk.Metadata{}
	}
	return u
}
