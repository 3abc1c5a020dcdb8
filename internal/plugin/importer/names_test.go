// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/test/people"
)

func TestNamesFollowTheTemplate(t *testing.T) {
	t.Parallel()
	address := func(values ...string) []clerk.EmailAddress {
		var all []clerk.EmailAddress
		for _, value := range values {
			all = append(all, clerk.EmailAddress{ID: "idn_" + value[:1], Address: value, Status: clerk.Verified})
		}
		return all
	}
	tests := map[string]struct {
		template string
		user     clerk.User
		want     string
	}{
		"Username":               {defaultName, clerk.User{Username: "ada.lovelace_1815", ExternalID: "e"}, "ada-lovelace-1815"},
		"PrimaryAddress":         {defaultName, clerk.User{EmailAddresses: address("b@x.com", "ada+tag@x.com"), PrimaryEmailAddressID: "idn_a"}, "ada-tag"},
		"ExternalID":             {defaultName, clerk.User{ExternalID: "HR/4711"}, "hr-4711"},
		"ID":                     {defaultName, clerk.User{}, "user-2abc"},
		"LettersWithMarks":       {defaultName, clerk.User{Username: "Zoë-Müller-Straße-Łódź"}, "zoe-muller-strasse-lodz"},
		"OtherScriptsFallBack":   {defaultName, clerk.User{Username: "юлия", EmailAddresses: address("julia@x.com")}, "julia"},
		"OtherScriptsEverywhere": {defaultName, clerk.User{Username: "\u5c71\u7530", ExternalID: "!"}, "user-2abc"},
		"OnlyPartsRemain":        {defaultName, clerk.User{Username: "..--a🦊🦊b--.."}, "a-b"},
		"Long":                   {defaultName, clerk.User{Username: strings.Repeat("a", 62) + "_b"}, strings.Repeat("a", 62)},
		"NothingWanted":          {"{{.Phone}}", clerk.User{}, "user-2abc"},
		"Several":                {"{{.FirstName}}-{{.LastName}}", clerk.User{FirstName: "Ada", LastName: "King Noel"}, "ada-king-noel"},
		"Phone":                  {"p{{.Phone}}", clerk.User{PhoneNumbers: []clerk.PhoneNumber{{Number: "+15555550100"}}}, "p-15555550100"},
		"Domain":                 {"{{.EmailDomain}}", clerk.User{EmailAddresses: address("a@x.example.com")}, "x-example-com"},
		"Metadata":               {"e{{.PublicMetadata.number}}", clerk.User{PublicMetadata: clerk.Metadata{"number": 12.0}}, "e12"},
		"MetadataIsMissing":      {"e{{.PublicMetadata.number}}", clerk.User{}, "e"},
		"MetadataIsNested":       {"e{{.PublicMetadata.a}}", clerk.User{PublicMetadata: clerk.Metadata{"a": map[string]any{}}}, "e"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, err := newNamer(tc.template)
			if err != nil {
				t.Fatal(err)
			}
			tc.user.ID = "user_2Abc"
			if got, seen, err := n.name(&tc.user); got != tc.want || seen || err != nil {
				t.Errorf("name() = %q, %t, %v; want %q", got, seen, err, tc.want)
			}
		})
	}
}

func TestWrongTemplateIsRefusedBeforeAnythingIsRead(t *testing.T) {
	t.Parallel()
	for template, says := range map[string]string{
		"{{.Nickname}}":               "--name: .Nickname cannot be used; the fields are .Username, .Email",
		"{{.PublicMetadata.a.b}}":     "--name:",
		"{{.Username":                 "--name: name:1: unclosed action; write a template such as",
		"{{nope .Username}}":          `function "nope" not defined`,
		"{{template \"x\"}}":          "--name:",
		"{{first .Username .Missing}": "--name:",
	} {
		if _, err := newNamer(template); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", template, err, says)
		}
	}
}

// namesakes are users that all want one of few names.
func namesakes(n int) []*clerk.User {
	var users []*clerk.User
	for i := range n {
		users = append(users, &clerk.User{
			ID: fmt.Sprintf("user_%03dA", i), Username: []string{"ada", "ada.", "bob", strings.Repeat("x", 70)}[i%4], CreatedAt: time.UnixMilli(int64(i / 8)),
		})
	}
	return users
}

func named(t *testing.T, users []*clerk.User) map[string]string {
	t.Helper()
	n, err := newNamer(defaultName)
	if err != nil {
		t.Fatal(err)
	}
	names, used := map[string]string{}, map[string]bool{}
	for _, u := range oldestFirst(users) {
		name, seen, err := n.name(u)
		if err != nil || seen || used[name] {
			t.Fatalf("name of %s: %q, %t, %v", u.ID, name, seen, err)
		}
		if problems := validation.IsDNS1123Label(name); problems != nil {
			t.Errorf("%q: %v", name, problems)
		}
		names[u.ID], used[name] = name, true
		if again, seen, err := n.name(u); again != name || !seen || err != nil {
			t.Errorf("asked again, the name is %q, %t, %v", again, seen, err)
		}
	}
	return names
}

// The same users get the same names, in whatever order they come, and new users change no name.
func TestNamesAreUniqueAndStay(t *testing.T) {
	t.Parallel()
	users := namesakes(200)
	want := named(t, users)
	if want["user_000A"] != "ada" || !strings.HasPrefix(want["user_001A"], "ada-") || len(want["user_001A"]) != len("ada-12345678") {
		t.Errorf("names are %q and %q", want["user_000A"], want["user_001A"])
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		random.Shuffle(len(users), func(i, j int) { users[i], users[j] = users[j], users[i] })
		if diff := cmp.Diff(want, named(t, users)); diff != "" {
			t.Fatalf("in another order (-want +got):\n%s", diff)
		}
	}
	more := named(t, namesakes(300))
	maps.DeleteFunc(more, func(id, _ string) bool { return want[id] == "" })
	if diff := cmp.Diff(want, more); diff != "" {
		t.Errorf("with new users (-want +got):\n%s", diff)
	}
}

// A name of an object that is another user's is not used, nor are the names that are made from it.
func TestNamesOfOthersAreNotUsed(t *testing.T) {
	t.Parallel()
	n, err := newNamer(defaultName)
	if err != nil {
		t.Fatal(err)
	}
	u := &clerk.User{ID: "user_1", Username: "ada"}
	var names []string
	for range 4 {
		name, _, err := n.name(u)
		if err != nil {
			break
		}
		names = append(names, name)
		n.taken[name] = claim{}
	}
	if len(names) != 4 || names[0] != "ada" || len(names[1]) != 12 || len(names[2]) != 20 || len(names[3]) != 36 {
		t.Errorf("names are %q", names)
	}
	if _, _, err := n.name(u); err == nil || !strings.Contains(err.Error(), "user_1") {
		t.Errorf("where every name is taken: %v", err)
	}
}

func TestEveryNameIsALabel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := people.Texts().Draw(t, "text")
		if name := label(text); name != "" && validation.IsDNS1123Label(name) != nil {
			t.Errorf("%+q becomes %q", text, name)
		}
	})
}
