// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestMetadataMergesAndReplaces(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ have, sent, merged, replaced string }{
		"KeyIsAdded":           {`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`, `{"b":2}`},
		"KeyIsOverwritten":     {`{"a":1}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`},
		"NullRemoves":          {`{"a":1,"b":2}`, `{"a":null}`, `{"b":2}`, `{"a":null}`},
		"NullRemovesDeepDown":  {`{"a":{"b":{"c":1,"d":2}}}`, `{"a":{"b":{"c":null}}}`, `{"a":{"b":{"d":2}}}`, `{"a":{"b":{"c":null}}}`},
		"NullOfNothing":        {`{"a":1}`, `{"z":null}`, `{"a":1}`, `{"z":null}`},
		"ObjectsMerge":         {`{"a":{"b":1}}`, `{"a":{"c":2}}`, `{"a":{"b":1,"c":2}}`, `{"a":{"c":2}}`},
		"ArraysAreReplaced":    {`{"a":[1,2,3]}`, `{"a":[4]}`, `{"a":[4]}`, `{"a":[4]}`},
		"NullsInArraysStay":    {`{}`, `{"a":[null,{"b":null}]}`, `{"a":[null,{"b":null}]}`, `{"a":[null,{"b":null}]}`},
		"ObjectReplacesText":   {`{"a":"x"}`, `{"a":{"b":1,"c":null}}`, `{"a":{"b":1}}`, `{"a":{"b":1,"c":null}}`},
		"TextReplacesObject":   {`{"a":{"b":1}}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`},
		"EmptyChangesNothing":  {`{"a":1}`, `{}`, `{"a":1}`, `{}`},
		"EmptyObjectStays":     {`{}`, `{"a":{}}`, `{"a":{}}`, `{"a":{}}`},
		"EmptyOverObject":      {`{"a":{"b":1}}`, `{"a":{}}`, `{"a":{"b":1}}`, `{"a":{}}`},
		"NumbersAreKept":       {`{}`, `{"n":12345678901234567890,"f":1.10}`, `{"n":12345678901234567890,"f":1.10}`, `{"n":12345678901234567890,"f":1.10}`},
		"MarkupIsKept":         {`{}`, `{"h":"<b>&\u00e9"}`, `{"h":"<b>&é"}`, `{"h":"<b>&é"}`},
		"LastOfTwinKeysCounts": {`{}`, `{"a":1,"a":2}`, `{"a":2}`, `{"a":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			c.instance.Configure(noLimits)
			for _, field := range []string{"public_metadata", "private_metadata", "unsafe_metadata"} {
				for method, want := range map[string]string{"PATCH": test.merged, "PUT": test.replaced} {
					u := c.create(m{"username": method + field, field: json.RawMessage(test.have)})
					got := c.send(method, "/users/"+u.ID+"/metadata", `{"`+field+`":`+test.sent+`}`).ok()
					all := map[string]json.RawMessage{}
					got.decode(&all)
					if diff := cmp.Diff(decoded(t, want), decoded(t, string(all[field]))); diff != "" {
						t.Errorf("%s %s (-want +got):\n%s", method, field, diff)
					}
				}
			}
		})
	}
}

func decoded(t *testing.T, raw string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("decoding %s: %v", raw, err)
	}
	return value
}

func TestOmittedMetadataStays(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "public_metadata": m{"a": "1"}, "private_metadata": m{"b": "2"}, "unsafe_metadata": m{"c": "3"}})
	for _, method := range []string{"PATCH", "PUT"} {
		got := c.send(method, "/users/"+u.ID+"/metadata", m{"public_metadata": m{"a": "x"}}).user()
		if got.PublicMetadata["a"] != "x" || got.PrivateMetadata["b"] != "2" || got.UnsafeMetadata["c"] != "3" {
			t.Errorf("%s: %v %v %v", method, got.PublicMetadata, got.PrivateMetadata, got.UnsafeMetadata)
		}
		if same := c.send(method, "/users/"+u.ID+"/metadata", m{}).user(); same.UpdatedAt != got.UpdatedAt {
			t.Errorf("%s of nothing is a change", method)
		}
	}
}

func TestNullMetadata(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "public_metadata": m{"a": "1"}, "private_metadata": m{"b": "2"}})
	c.send("PATCH", "/users/"+u.ID+"/metadata", m{"private_metadata": nil}).refused(422, "form_param_nil/private_metadata")
	got := c.send("PUT", "/users/"+u.ID+"/metadata", m{"public_metadata": nil, "private_metadata": nil}).user()
	if got.PublicMetadata == nil || len(got.PublicMetadata) != 0 || got.PrivateMetadata != nil {
		t.Errorf("public %v, private %v", got.PublicMetadata, got.PrivateMetadata)
	}
	merged := c.send("PATCH", "/users/"+u.ID+"/metadata", m{"private_metadata": m{"b": "3"}}).user()
	if merged.PrivateMetadata["b"] != "3" {
		t.Errorf("private %v", merged.PrivateMetadata)
	}
}

func TestMetadataSizeCountsTheResult(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID + "/metadata"
	value := func(n int) string { return strings.Repeat("x", n-len(`{"a":""}`)) }
	c.send("PUT", path, m{"public_metadata": m{"a": value(8192)}}).ok()
	c.send("PUT", path, m{"public_metadata": m{"a": value(8193)}}).refused(422, "form_param_exceeds_allowed_size/public_metadata")
	c.send("PATCH", path, m{"public_metadata": m{"b": 1}}).refused(422, "form_param_exceeds_allowed_size/public_metadata")
	c.send("PATCH", path, m{"public_metadata": m{"a": value(8186), "b": 1}}).ok()
	c.send("PATCH", path, m{"public_metadata": m{"a": nil}, "private_metadata": m{"a": value(8192)}}).ok()
	message := c.send("PATCH", path, m{"private_metadata": m{"b": "x"}, "unsafe_metadata": m{"b": "x"}}).refusal().Errors[0].LongMessage
	if want := "The given private_metadata exceeds the maximum allowed size of 8192 bytes (8 KB)."; message != want {
		t.Errorf("long message %q", message)
	}
	if got := c.instance.User(u.ID); len(got.UnsafeMetadata) != 0 {
		t.Error("one field was stored although another was refused")
	}
	// Line breaks of the request do not count, nor do escapes it could have done without.
	c.send("PUT", path, "{\"unsafe_metadata\": {\n\n \"a\" : \""+strings.Repeat(`\u0041`, 8184)+"\"\n}}").ok()
}

func TestOlderVersionsReplaceMetadataWithUpdate(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2025-04-10", "2025-11-10"} {
		c := start(t, emulator.InstanceConfig{})
		c.version = version
		u := c.create(m{"username": "somebody", "public_metadata": m{"a": "1"}, "private_metadata": m{"b": "2"}})
		got := c.send("PATCH", "/users/"+u.ID, m{"public_metadata": m{"z": nil}, "private_metadata": nil, "first_name": "Ada"}).user()
		if _, kept := got.PublicMetadata["z"]; !kept || len(got.PublicMetadata) != 1 || got.PrivateMetadata == nil || len(got.PrivateMetadata) != 0 {
			t.Errorf("%s: public %v, private %v", version, got.PublicMetadata, got.PrivateMetadata)
		}
		c.send("PATCH", "/users/"+u.ID, m{"public_metadata": m{"a": strings.Repeat("x", 9000)}, "first_name": "Eve"}).
			refused(http.StatusUnprocessableEntity, "form_param_exceeds_allowed_size/public_metadata")
		if got := c.instance.User(u.ID); text(got.FirstName) != "Ada" {
			t.Errorf("half a refused request was stored: %s", text(got.FirstName))
		}
	}
}
