// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

func TestWhichUsersMatch(t *testing.T) {
	t.Parallel()
	u := &clerk.User{
		ID: "user_1", Banned: true,
		EmailAddresses: []clerk.EmailAddress{
			{Address: "ada@example.com", Status: clerk.Verified}, {Address: "ada@reserved.example", Status: clerk.Reserved},
			{Address: "ada@claimed.example", Status: clerk.Unverified},
		},
		PublicMetadata: clerk.Metadata{
			"role": "admin", "level": 3.0, "half": 0.5, "on": true, "nothing": nil, "big": json.Number("123456789012345678901"), "list": []any{"a"},
			"team": map[string]any{"name": "x", "lead": map[string]any{"id": 7.0}}, "a.b": "dotted", "a": map[string]any{"b": "nested"},
		},
		PrivateMetadata: clerk.Metadata{"secret": "s"},
	}
	tests := map[string]struct {
		options options
		want    bool
	}{
		"Nothing":           {options{}, true},
		"Domain":            {options{emailDomain: "example.com"}, true},
		"DomainInCapitals":  {options{emailDomain: "@EXAMPLE.com"}, true},
		"PartOfADomain":     {options{emailDomain: "ample.com"}, false},
		"DomainAbove":       {options{emailDomain: "com"}, false},
		"ReservedDomain":    {options{emailDomain: "reserved.example"}, true},
		"UnverifiedDomain":  {options{emailDomain: "claimed.example"}, false},
		"Banned":            {options{bannedFilter: new(true)}, true},
		"NotBanned":         {options{bannedFilter: new(false)}, false},
		"Text":              {options{metadata: []string{"role=admin"}}, true},
		"PartOfAText":       {options{metadata: []string{"role=adm"}}, false},
		"CaseOfAText":       {options{metadata: []string{"role=Admin"}}, false},
		"Number":            {options{metadata: []string{"level=3"}}, true},
		"Fraction":          {options{metadata: []string{"half=0.5"}}, true},
		"LargeNumber":       {options{metadata: []string{"big=123456789012345678901"}}, true},
		"Boolean":           {options{metadata: []string{"on=true"}}, true},
		"Null":              {options{metadata: []string{"nothing=null"}}, true},
		"NullIsNotEmpty":    {options{metadata: []string{"nothing="}}, false},
		"Nested":            {options{metadata: []string{"team.lead.id=7"}}, true},
		"NestedElsewhere":   {options{metadata: []string{"team.id=7"}}, false},
		"KeyWithADot":       {options{metadata: []string{"a.b=dotted"}}, true},
		"ListIsNoScalar":    {options{metadata: []string{"list=a"}}, false},
		"ObjectIsNoScalar":  {options{metadata: []string{"team=x"}}, false},
		"MissingKey":        {options{metadata: []string{"missing="}}, false},
		"PrivateIsNotAsked": {options{metadata: []string{"secret=s"}}, false},
		"ValueWithASign":    {options{metadata: []string{"role=a=b"}}, false},
		"All":               {options{emailDomain: "example.com", bannedFilter: new(true), metadata: []string{"role=admin", "level=3"}}, true},
		"AllButOne":         {options{emailDomain: "example.com", bannedFilter: new(true), metadata: []string{"role=admin", "level=4"}}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := tc.options.filter()
			if err != nil {
				t.Fatal(err)
			}
			if got := f.matches(u); got != tc.want {
				t.Errorf("matches() = %t", got)
			}
		})
	}
}

// Clerk gets one filter, that may list more users than are wanted, and never fewer.
func TestClerkFiltersByOneThing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options options
		want    clerk.UserMatch
	}{
		"Nothing":       {options{metadata: []string{"a=b"}, bannedFilter: new(false)}, clerk.UserMatch{}},
		"Query":         {options{query: "ada", emailDomain: "example.com", bannedFilter: new(true)}, clerk.UserMatch{Query: "ada"}},
		"Domain":        {options{emailDomain: "Example.com", bannedFilter: new(true)}, clerk.UserMatch{EmailAddress: "@example.com"}},
		"UnicodeDomain": {options{emailDomain: "bücher.example", bannedFilter: new(true)}, clerk.UserMatch{Banned: true}},
	} {
		f, err := tc.options.filter()
		if err != nil {
			t.Fatal(err)
		}
		if got := f.match(); got != tc.want {
			t.Errorf("%s: Clerk is asked for %+v", name, got.Query+got.EmailAddress)
		}
	}
}

func TestWrongFiltersAreRefused(t *testing.T) {
	t.Parallel()
	for says, o := range map[string]options{
		"--email-domain":           {emailDomain: "ada@example.com"},
		"--id: \"usr_1\"":          {ids: []string{"usr_1"}},
		"--id: 1001 ids":           {ids: strings.Split(strings.Repeat("user_1,", 1001)[:7007-1], ",")},
		"--metadata: \"role\"":     {metadata: []string{"role"}},
		"--metadata: \"=admin\"":   {metadata: []string{"=admin"}},
		"there is no group \"al\"": {fields: []string{"al"}},
		"--limit is -1":            {limit: -1},
		"need --output-dir":        {resume: true},
	} {
		o.name = defaultName
		if _, err := o.prepared(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
}

// TestEmptyFilterIsRefused gives filters as a shell does with a variable that is not set. They must not mean all users.
func TestEmptyFilterIsRefused(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"--query=", "--query= ", "--email-domain=", "--email-domain=@", "--id="} {
		cmd := NewCommand(&cli.Environment{})
		cmd.SetArgs([]string{argument})
		cmd.SilenceUsage, cmd.SilenceErrors = true, true
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), "has no value; leave it out to import all users") {
			t.Errorf("%q: %v", argument, err)
		}
	}
}
