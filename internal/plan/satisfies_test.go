// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// unmet returns what does not hold for the user that the plan led to. It is written from the documentation of the API,
// not from the planner's code, and is empty when all is well. What cannot be reached is held to be met only under the
// very circumstances that the words name.
func unmet(p pair, final *clerk.User) []string {
	c := &oracle{pair: p, final: final, start: p.user}
	if c.start == nil {
		c.start = &clerk.User{}
	}
	c.plain()
	c.username()
	c.emails()
	c.phones()
	c.access()
	c.metadata()
	c.secrets()
	return c.broken
}

type oracle struct {
	pair
	start, final *clerk.User
	broken       []string
}

func (c *oracle) requiref(holds bool, format string, args ...any) {
	if !holds {
		c.broken = append(c.broken, fmt.Sprintf(format, args...))
	}
}

func (c *oracle) username() {
	if wish := c.spec.Username; wish != nil {
		isLast := *wish == "" && c.final.Username == c.start.Username && waysIn(c.final) == 1
		c.requiref(strings.ToLower(*wish) == c.final.Username || isLast, "username is not as declared")
	}
}

func replaced(policy *v1alpha1.MergePolicy) bool {
	return policy != nil && *policy == v1alpha1.PolicyReplace
}

// identity is what addresses and numbers have in common.
type identity struct {
	id, value    string
	status       clerk.IdentifierStatus
	linked, used bool
}

// mayStay reports whether an undeclared identifier may stay: linked ones, and the last way to sign in.
func (c *oracle) mayStay(i identity) bool {
	if i.linked {
		return true
	}
	usable := i.status != clerk.Unverified && !i.used
	return usable && waysIn(c.final) == 1 || !usable && waysIn(c.final) == 0
}

func (c *oracle) emails() {
	identities := func(u *clerk.User) (all []identity) {
		for _, e := range u.EmailAddresses {
			all = append(all, identity{e.ID, e.Address, e.Status, e.Linked, false})
		}
		return all
	}
	var wanted []v1alpha1.PhoneNumber
	for _, e := range c.spec.EmailAddresses {
		wanted = append(wanted, v1alpha1.PhoneNumber{
			Number: strings.ToLower(e.Address), Primary: e.Primary, Status: e.Status,
		})
	}
	c.contacts(wanted, c.spec.EmailAddresses != nil, c.applied.EmailAddresses, identities,
		func(u *clerk.User) string { return u.PrimaryEmailAddressID })
}

func (c *oracle) phones() {
	identities := func(u *clerk.User) (all []identity) {
		for _, n := range u.PhoneNumbers {
			all = append(all, identity{n.ID, n.Number, n.Status, n.Linked, n.ReservedForSecondFactor})
		}
		return all
	}
	c.contacts(c.spec.PhoneNumbers, c.spec.PhoneNumbers != nil, c.applied.PhoneNumbers, identities,
		func(u *clerk.User) string { return u.PrimaryPhoneNumberID })
	for _, want := range c.spec.PhoneNumbers {
		at := slices.IndexFunc(c.final.PhoneNumbers, func(n clerk.PhoneNumber) bool { return n.Number == want.Number })
		if at < 0 || want.ReservedForSecondFactor == nil {
			continue
		}
		have := c.final.PhoneNumbers[at]
		cannot := *want.ReservedForSecondFactor &&
			(have.Status != clerk.Verified && want.Status == nil || have.Status == clerk.Verified && waysIn(c.final) == 1)
		c.requiref(have.ReservedForSecondFactor == *want.ReservedForSecondFactor || cannot,
			"reservedForSecondFactor of %s is not as declared", want.Number)
	}
}

func (c *oracle) contacts(
	wanted []v1alpha1.PhoneNumber, given bool, added []string,
	of func(*clerk.User) []identity, primaryOf func(*clerk.User) string,
) {
	find := func(u *clerk.User, value string) (identity, bool) {
		all := of(u)
		at := slices.IndexFunc(all, func(i identity) bool { return i.value == value })
		if at < 0 {
			return identity{}, false
		}
		return all[at], true
	}
	for _, want := range wanted {
		c.contact(want, find, primaryOf(c.final))
	}
	for _, have := range of(c.final) {
		isWanted := slices.ContainsFunc(wanted, func(w v1alpha1.PhoneNumber) bool { return w.Number == have.value })
		mustGo := given && replaced(c.spec.IdentifiersPolicy) || slices.Contains(added, have.value)
		_, before := find(c.start, have.value)
		c.requiref(isWanted || before, "%s belongs neither to the start nor to the goal", have.value)
		c.requiref(isWanted || !mustGo || c.mayStay(have), "%s is still there", have.value)
	}
	hasVerified := slices.ContainsFunc(of(c.final), func(i identity) bool { return i.status == clerk.Verified })
	c.requiref(primaryOf(c.start) == "" || primaryOf(c.final) != "" || !hasVerified, "no identifier is primary any more")
}

func (c *oracle) contact(
	want v1alpha1.PhoneNumber, find func(*clerk.User, string) (identity, bool), primaryID string,
) {
	before, was := find(c.start, want.Number)
	have, is := find(c.final, want.Number)
	reserved := want.Status != nil && *want.Status == v1alpha1.IdentifierReserved
	if !is {
		c.requiref(reserved && !was && c.user != nil, "%s is not there", want.Number)
		return
	}
	if want.Status != nil {
		met := have.status == clerk.Verified || reserved && have.status == clerk.Reserved
		c.requiref(met || reserved && before.status == clerk.Unverified, "status of %s is not as declared", want.Number)
	}
	if want.Primary != nil && *want.Primary {
		c.requiref(have.id == primaryID || have.status != clerk.Verified, "%s is not primary", want.Number)
	}
}

func (c *oracle) access() {
	found, _ := plan.FindMark(c.start)
	inherited := found.BannedOnDelete && found.Name == mark.Name
	switch {
	case c.spec.Banned != nil:
		c.requiref(c.final.Banned == *c.spec.Banned, "banned is not as declared")
	case c.applied.Banned || inherited:
		c.requiref(!c.final.Banned, "the ban is not lifted")
	default:
		c.requiref(c.final.Banned == c.start.Banned, "banned is not managed and was changed")
	}
	switch {
	case c.spec.Locked != nil && *c.spec.Locked:
		c.requiref(c.final.Locked, "the user is not locked")
	case c.applied.Locked, c.spec.Locked != nil && c.lift:
		c.requiref(!c.final.Locked, "the lock is not lifted")
	default:
		c.requiref(c.final.Locked == c.start.Locked, "the lock is not ours and was changed")
	}
}

func metadataIn(spec v1alpha1.ClerkUserSpec) map[string]map[string]any {
	fields := map[string]map[string]any{}
	for name, raw := range map[string]*runtime.RawExtension{
		"publicMetadata": spec.PublicMetadata, "privateMetadata": spec.PrivateMetadata, "unsafeMetadata": spec.UnsafeMetadata,
	} {
		fields[name] = nil
		if raw != nil {
			var object map[string]any
			if err := json.Unmarshal(raw.Raw, &object); err != nil {
				panic(err)
			}
			fields[name] = object
		}
	}
	if len(spec.PrivateMetadataFrom) > 0 {
		if fields["privateMetadata"] == nil {
			fields["privateMetadata"] = map[string]any{}
		}
		fields["privateMetadata"]["from/secret"] = map[string]any{"token": leakMarker + "secret"}
	}
	return fields
}

func metadataAt(u *clerk.User, field string) map[string]any {
	return map[string]map[string]any{
		"publicMetadata": u.PublicMetadata, "privateMetadata": u.PrivateMetadata, "unsafeMetadata": u.UnsafeMetadata,
	}[field]
}

func (c *oracle) metadata() {
	c.requiref(c.final.PrivateMetadata[v1alpha1.OwnerKey] == mark.String() || c.tooLarge("privateMetadata"),
		"the mark is not there")
	for field, want := range metadataIn(c.spec) {
		have := plain(metadataAt(c.final, field))
		delete(have, v1alpha1.OwnerKey)
		switch {
		case want == nil:
		case replaced(c.spec.MetadataPolicy):
			c.requiref(reflect.DeepEqual(have, want), "%s is not exactly as declared", field)
			continue
		default:
			c.requiref(shows(want, have) || c.tooLarge(field), "%s does not show what is declared", field)
		}
		for _, pointer := range c.applied.Metadata {
			path, ok := strings.CutPrefix(pointer, "/"+field+"/")
			if !ok || declares(want, path) {
				continue
			}
			value, there := valueAt(have, path)
			object, isObject := value.(map[string]any)
			c.requiref(!there || isObject && len(object) > 0, "%s is ours and still there", pointer)
		}
	}
}

// tooLarge reports whether the metadata at Clerk, the declared metadata and the mark together may exceed Clerk's limit.
func (c *oracle) tooLarge(field string) bool {
	merged := mergeJSON(metadataAt(c.start, field), metadataIn(c.spec)[field])
	return len(asJSON(merged))+len(asJSON(metadataAt(c.start, field)))/2+len(mark.String()) > 8000
}

// shows says whether a value is there as declared: objects key by key, all else as it is.
func shows(want, have any) bool {
	object, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(want, have)
	}
	held, ok := have.(map[string]any)
	for key, value := range object {
		ok = ok && shows(value, held[key])
	}
	return ok
}

// valueAt follows the escaped tokens of a JSON pointer.
func valueAt(value any, path string) (any, bool) {
	for token := range strings.SplitSeq(path, "/") {
		object, _ := value.(map[string]any)
		below, ok := object[strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")]
		if !ok {
			return nil, false
		}
		value = below
	}
	return value, true
}

// declares reports whether the declared metadata covers a path: it has a value there, or a value above that is no object.
func declares(want map[string]any, path string) bool {
	tokens := strings.Split(path, "/")
	for i := range tokens {
		value, ok := valueAt(want, strings.Join(tokens[:i+1], "/"))
		if !ok {
			return false
		}
		if _, isObject := value.(map[string]any); !isObject {
			return true
		}
	}
	return true
}
