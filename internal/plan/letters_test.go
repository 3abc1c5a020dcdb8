// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/test/letters"
)

// TestLetters holds the planner to the table that test/crd holds the API server to.
func TestLetters(t *testing.T) {
	t.Parallel()
	for name, tc := range letters.Cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := v1alpha1.ClerkUserSpec{}
			if err := yaml.UnmarshalStrict([]byte(tc.Spec()), &spec); err != nil {
				t.Fatal(err)
			}
			d, err := plan.FromSpec(&spec, plan.Inputs{Mark: mark})
			if tc.Refuser == letters.Nobody {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				expectSentAsWritten(t, tc.Value, d.Identifiers()[0].Value)
				return
			}
			invalid, ok := errors.AsType[*plan.InvalidError](err)
			if !ok || d != nil {
				t.Fatalf("got %v and %v, want nil and an InvalidError", d, err)
			}
			// The API server may name another of several problems.
			if invalid.Field != tc.Field() || tc.Refuser == letters.Planner && !strings.Contains(invalid.Problem, tc.Remedy) {
				t.Errorf("got %q, want field %q and %q", invalid, tc.Field(), tc.Remedy)
			}
		})
	}
}

// TestNoCharacterIsFoldedOtherwise asks for every character that lower-casing or NFKC changes.
func TestNoCharacterIsFoldedOtherwise(t *testing.T) {
	t.Parallel()
	changed := 0
	for r := rune(unicode.MaxASCII + 1); r <= unicode.MaxRune; r++ {
		name := "ada" + string(r) + "l"
		if !utf8.ValidRune(r) || strings.ToLower(norm.NFKC.String(name)) == name {
			continue
		}
		changed++
		if _, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{Username: &name}, plan.Inputs{Mark: mark}); err == nil {
			t.Errorf("%U is let through", r)
		}
	}
	if changed < 5000 {
		t.Errorf("only %d characters were asked for", changed)
	}
}

// pieces are what unusual identifiers are made of.
var pieces = rapid.OneOf(
	rapid.SampledFrom([]string{
		"a", "K", "k", kelvin, longS, "\u00df", "\u1e9e", "\u0130", "\u0131", "I", "e", "\u0301", "\u00e9", "\uff21", "\u0430",
		"\u0323", "\u0308", "\u1100", "\u1161", "\u200d", "\U0001F98A", "\ufe0f", ".", "+", "-",
	}),
	rapid.StringN(1, 2, -1),
)

// TestIdentifiersAreSentAsWrittenOrRefused joins them.
func TestIdentifiersAreSentAsWrittenOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, sentAsWrittenOrRefused)
}

func FuzzIdentifiers(f *testing.F) { f.Fuzz(rapid.MakeFuzz(sentAsWrittenOrRefused)) }

func sentAsWrittenOrRefused(t *rapid.T) {
	name := strings.Join(rapid.SliceOfN(pieces, 1, 6).Draw(t, "pieces"), "")
	address := name + "@x.io"
	spec := v1alpha1.ClerkUserSpec{Username: &name, EmailAddresses: []v1alpha1.EmailAddress{{Address: address}}}
	d, err := plan.FromSpec(&spec, plan.Inputs{Mark: mark})
	if err != nil {
		return
	}
	for _, id := range d.Identifiers() {
		if id.Kind == clerk.KindUsername {
			expectSentAsWritten(t, name, id.Value)
		} else {
			expectSentAsWritten(t, address, id.Value)
		}
	}
}

// expectSentAsWritten checks that Clerk can fold what it is sent as it likes and still stores what the manifest shows.
func expectSentAsWritten(t rapid.TB, written, sent string) {
	t.Helper()
	ascii := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, written)
	if sent != ascii {
		t.Errorf("%q is sent as %q", written, sent)
	}
	if stored := strings.ToLower(norm.NFKC.String(strings.ToLower(sent))); stored != sent {
		t.Errorf("%q is sent, and Clerk may store it as %q", sent, stored)
	}
}
