// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func public(text string) v1alpha1.ClerkUserSpec {
	return v1alpha1.ClerkUserSpec{PublicMetadata: raw(text)}
}

func replacing(spec v1alpha1.ClerkUserSpec) v1alpha1.ClerkUserSpec {
	spec.MetadataPolicy = new(v1alpha1.PolicyReplace)
	return spec
}

// hasPublic gives the user public metadata.
func hasPublic(text string) func(*clerk.User) {
	return func(u *clerk.User) { u.PublicMetadata = metadata(text) }
}

// hasPrivate gives the user private metadata, beside our mark.
func hasPrivate(text string) func(*clerk.User) {
	return func(u *clerk.User) {
		u.PrivateMetadata = metadata(text)
		u.PrivateMetadata[v1alpha1.OwnerKey] = mark.String()
	}
}

func metadata(text string) clerk.Metadata {
	return clerk.Metadata(mergeJSON(map[string]any{}, plainAny(rawJSON(text))).(map[string]any))
}

// rawJSON marshals as itself.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func noMark(u *clerk.User) { delete(u.PrivateMetadata, v1alpha1.OwnerKey) }

func wrote(pointers ...string) v1alpha1.Applied { return v1alpha1.Applied{Metadata: pointers} }

const owner = `"clerk-operator.io/owner":"v1 cnry ns/ada u1 created"`

func TestMergingMetadata(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"WhatIsThereIsNotSent": {spec: public(`{"a":1,"b":{"c":[1,{"d":true}]}}`), user: ada(hasPublic(`{"b":{"c":[1,{"d":true}],"x":0},"a":1.0,"y":0}`))},
		"OnlyWhatDiffersIsSentAtAnyDepth": {
			spec: public(`{"a":1,"b":{"c":2,"d":3}}`), user: ada(hasPublic(`{"a":1,"b":{"c":2,"d":4,"x":5}}`)),
			want: []string{`MergeMetadata Public={"b":{"d":3}}`},
		},
		"AllFieldsGoInOneCall": {
			spec: v1alpha1.ClerkUserSpec{
				PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`), UnsafeMetadata: raw(`{"c":3}`),
			},
			user: ada(noMark),
			want: []string{`MergeMetadata Public={"a":1} Private={"b":2,` + owner + `} Unsafe={"c":3}`},
		},
		"AListIsALeaf": {
			spec: public(`{"roles":["a"]}`), user: ada(hasPublic(`{"roles":["a","b"]}`)),
			want: []string{`MergeMetadata Public={"roles":["a"]}`},
		},
		"AScalarReplacesAnObject": {
			spec: public(`{"a":1}`), user: ada(hasPublic(`{"a":{"x":1}}`)), want: []string{`MergeMetadata Public={"a":1}`},
		},
		"AnObjectReplacesAScalar": {
			spec: public(`{"a":{"x":1}}`), user: ada(hasPublic(`{"a":1}`)), want: []string{`MergeMetadata Public={"a":{"x":1}}`},
		},
		"AnEmptyObjectIsSatisfiedByAnyObject":  {spec: public(`{"a":{}}`), user: ada(hasPublic(`{"a":{"x":1}}`))},
		"AnEmptyObjectIsWrittenWhereThereNone": {spec: public(`{"a":{}}`), want: []string{`MergeMetadata Public={"a":{}}`}},
		"AnEmptyObjectReplacesAScalar": {
			spec: public(`{"a":{}}`), user: ada(hasPublic(`{"a":1}`)), want: []string{`MergeMetadata Public={"a":{}}`},
		},
		"AnEmptyFieldIsSatisfiedByAnything": {spec: public(`{}`), user: ada(hasPublic(`{"a":1}`))},
		"NoMetadataAtAllIsAnEmptyObject":    {spec: public(`{}`), user: ada(func(u *clerk.User) { u.PublicMetadata = nil })},
		"AStoredNullIsReplaced": {
			spec: public(`{"a":1}`), user: ada(func(u *clerk.User) { u.PublicMetadata["a"] = nil }),
			want: []string{`MergeMetadata Public={"a":1}`},
		},
	})
}

func TestTakingMetadataBack(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"AKeyOfOursThatLeavesIsRemoved": {
			spec: public(`{"b":2}`), user: ada(hasPublic(`{"a":1,"b":2,"x":3}`)), applied: wrote("/publicMetadata/a", "/publicMetadata/b"),
			want: []string{`MergeMetadata Public={"a":null}`},
		},
		"KeysAreRemovedWhenTheFieldLeaves": {
			user:    ada(hasPublic(`{"a":1,"x":3}`), hasPrivate(`{"b":2}`), func(u *clerk.User) { u.UnsafeMetadata = metadata(`{"c":3}`) }),
			applied: wrote("/publicMetadata/a", "/privateMetadata/b", "/unsafeMetadata/c"),
			want:    []string{`MergeMetadata Public={"a":null} Private={"b":null} Unsafe={"c":null}`},
		},
		"AKeyThatIsGoneIsNotRemovedAgain": {applied: wrote("/publicMetadata/a")},
		"AKeyBelowIsRemovedAndItsParentStays": {
			user: ada(hasPublic(`{"a":{"b":1}}`)), applied: wrote("/publicMetadata/a/b"),
			want: []string{`MergeMetadata Public={"a":{"b":null}}`},
		},
		"ADeclaredParentKeepsWhatOthersPutThere": {
			spec: public(`{"a":{}}`), user: ada(hasPublic(`{"a":{"b":1,"x":2}}`)), applied: wrote("/publicMetadata/a/b"),
			want: []string{`MergeMetadata Public={"a":{"b":null}}`},
		},
		"RemovalAndChangeShareTheCall": {
			spec: public(`{"a":{"c":2}}`), user: ada(hasPublic(`{"a":{"b":1,"c":1}}`)), applied: wrote("/publicMetadata/a/b"),
			want: []string{`MergeMetadata Public={"a":{"b":null,"c":2}}`},
		},
		"WhatALeafReplacesNeedsNoRemoval": {
			spec: public(`{"a":1}`), user: ada(hasPublic(`{"a":{"b":1}}`)), applied: wrote("/publicMetadata/a/b"),
			want: []string{`MergeMetadata Public={"a":1}`},
		},
		"AnObjectThatTookThePlaceOfOurLeafIsNotOurs": {
			user: ada(hasPublic(`{"a":{"x":1}}`)), applied: wrote("/publicMetadata/a"),
		},
		"AnEmptyObjectOfOursIsRemoved": {
			user: ada(hasPublic(`{"a":{}}`)), applied: wrote("/publicMetadata/a"),
			want: []string{`MergeMetadata Public={"a":null}`},
		},
		"AnEmptyObjectOfOursGoesWithWhatWePutThere": {
			user: ada(hasPublic(`{"a":{"b":1}}`)), applied: wrote("/publicMetadata/a", "/publicMetadata/a/b"),
			want: []string{`MergeMetadata Public={"a":null}`},
		},
		"PointersAreUnescaped": {
			user: ada(hasPublic(`{"a/b":1,"c~d":2,"~1":3}`)), applied: wrote("/publicMetadata/a~1b", "/publicMetadata/c~0d", "/publicMetadata/~01"),
			want: []string{`MergeMetadata Public={"a/b":null,"c~d":null,"~1":null}`},
		},
		"TheMarkIsNeverTakenBack": {applied: wrote("/privateMetadata/clerk-operator.io~1owner")},
		"AWholeFieldIsNeverOurs":  {user: ada(hasPublic(`{"a":1}`)), applied: wrote("/publicMetadata", "")},
		"WhatLeadsIntoAnotherFieldOrNowhereIsNotOurs": {
			user:    ada(hasPublic(`{"":{"unsafeMetadata":{"c":1}},"nonsense":1}`)),
			applied: wrote("/unsafeMetadata/c", "nonsense"),
		},
	})
}

func TestReplacingMetadata(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"TheFieldBecomesExactlyAsDeclared": {
			spec: replacing(public(`{"a":1}`)), user: ada(hasPublic(`{"a":1,"x":2}`)),
			want: []string{`ReplaceMetadata Public={"a":1}`},
		},
		"WhatIsSoAlreadyIsNotSent":   {spec: replacing(public(`{"a":1}`)), user: ada(hasPublic(`{"a":1}`))},
		"NothingAndNothingIsTheSame": {spec: replacing(public(`{}`)), user: ada(func(u *clerk.User) { u.PublicMetadata = nil })},
		"AnEmptyObjectClears": {
			spec: replacing(public(`{}`)), user: ada(hasPublic(`{"a":1}`)), want: []string{`ReplaceMetadata Public={}`},
		},
		"OnlyFieldsThatDifferAreReplaced": {
			spec: replacing(v1alpha1.ClerkUserSpec{PublicMetadata: raw(`{"a":1}`), UnsafeMetadata: raw(`{"c":3}`)}),
			user: ada(hasPublic(`{"a":1}`)), want: []string{`ReplaceMetadata Unsafe={"c":3}`},
		},
		"TheMarkIsKept": {
			spec: replacing(v1alpha1.ClerkUserSpec{PrivateMetadata: raw(`{"b":2}`)}), user: ada(hasPrivate(`{"x":1}`)),
			want: []string{`ReplaceMetadata Private={"b":2,` + owner + `}`},
		},
		"AMarkThatIsGoneGoesAlong": {
			spec: replacing(v1alpha1.ClerkUserSpec{PrivateMetadata: raw(`{"b":2}`)}), user: ada(noMark),
			want: []string{`ReplaceMetadata Private={"b":2,` + owner + `} NewMark=true`},
		},
		"AMarkAloneIsMerged": {
			spec: replacing(v1alpha1.ClerkUserSpec{PrivateMetadata: raw(`{"b":2}`)}), user: ada(hasPrivate(`{"b":2}`), noMark),
			want: []string{`MergeMetadata Private={` + owner + `}`},
		},
		"FieldsThatAreOmittedAreMerged": {
			spec: replacing(public(`{"a":1}`)), user: ada(noMark, func(u *clerk.User) { u.UnsafeMetadata = metadata(`{"c":1,"x":2}`) }),
			applied: wrote("/unsafeMetadata/c"),
			want: []string{
				`ReplaceMetadata Public={"a":1}`, `MergeMetadata Private={` + owner + `} Unsafe={"c":null}`,
			},
		},
	})
}

func TestOwnerMark(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"ItIsWrittenWhereThereIsNone": {user: ada(noMark), want: []string{`MergeMetadata Private={` + owner + `}`}},
		"ItReplacesWhateverIsThere": {
			user: ada(func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = map[string]any{"v": "1"} }),
			want: []string{`MergeMetadata Private={` + owner + `}`},
		},
		"ItMeansNothingInPublicMetadata": {
			user: ada(noMark, hasPublic(`{`+owner+`}`)), want: []string{`MergeMetadata Private={` + owner + `}`},
		},
	})
}

func TestMetadataThatIsTooLarge(t *testing.T) {
	t.Parallel()
	large := func(size int) string { return strings.Repeat("x", size-len(`{"x":""}`)) }
	full := `{"x":"` + large(8192) + `"}`
	private := v1alpha1.ClerkUserSpec{PrivateMetadata: raw(`{"a":1}`)}
	withMark := 8192 - len(`,`) - len(owner)
	checkExamples(t, map[string]example{
		"NothingIsSentThatDoesNotFit": {
			spec: public(`{"a":1}`), user: ada(hasPublic(full)), unreachable: []string{"spec.publicMetadata"},
		},
		"WhatJustFitsIsSent": {
			spec: public(`{"a":1}`), user: ada(hasPublic(`{"x":"` + large(8192-len(`"a":1,`)) + `"}`)),
			want: []string{`MergeMetadata Public={"a":1}`},
		},
		"HTMLCountsAsItself": {
			spec: public(`{"a":1}`),
			user: ada(hasPublic(`{"x":"` + strings.ReplaceAll(large(8192-len(`"a":1,`)), "x", "<") + `"}`)),
			want: []string{`MergeMetadata Public={"a":1}`},
		},
		"OursIsTakenBackAllTheSame": {
			spec: public(`{"a":"12345678901234567890"}`), user: ada(hasPublic(`{"b":1,"x":"` + large(8192-len(`"b":1,`)) + `"}`)),
			applied: wrote("/publicMetadata/b"),
			want:    []string{`MergeMetadata Public={"b":null}`}, unreachable: []string{"spec.publicMetadata"},
		},
		"WhatMakesRoomIsSent": {
			spec: public(`{"x":"y"}`), user: ada(hasPublic(full)), want: []string{`MergeMetadata Public={"x":"y"}`},
		},
		"TheMarkGoesAlone": {
			spec: private, user: ada(hasPrivate(`{"x":"`+large(withMark)+`"}`), noMark),
			want: []string{`MergeMetadata Private={` + owner + `}`}, unreachable: []string{"spec.privateMetadata"},
		},
		"TheMarkDoesNotFitEither": {
			spec: private, user: ada(hasPrivate(`{"x":"`+large(withMark+1)+`"}`), noMark), unreachable: []string{"spec.privateMetadata"},
		},
	})
}
