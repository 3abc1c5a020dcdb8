// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// documentedOperations is how many there are in Clerk's document.
const documentedOperations = 47

// clerksDocument returns the document as Clerk wrote it; the test is skipped where it is not found.
func clerksDocument(t *testing.T) *openapi3.T {
	t.Helper()
	contract.Need(t)
	path, _ := contract.Find()
	document, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// documented is one operation of Clerk's document.
type documented struct {
	method, path string
	*openapi3.Operation
}

func operationsOf(document *openapi3.T) []documented {
	var all []documented
	for _, path := range slices.Sorted(maps.Keys(document.Paths.Map())) {
		operations := document.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			all = append(all, documented{method, path, operations[method]})
		}
	}
	return all
}

// of returns the operation's path for a user and his parts.
func (d documented) of(u *emulator.User) string {
	return strings.NewReplacer(
		"{user_id}", u.ID, "{email_address_id}", u.EmailAddresses[0].ID, "{phone_number_id}", u.PhoneNumbers[0].ID,
		"{", "", "}", "",
	).Replace(d.path)
}

// unknownRoute reports whether an answer says that there is no such operation.
func (a answer) unknownRoute() bool {
	return a.status == http.StatusNotFound && strings.Contains(a.refusal().Errors[0].LongMessage, "endpoint")
}

// named puts a user's id into a path.
func named(path, id string) string { return strings.ReplaceAll(path, "{user}", id) }

// namedBody puts a user's id into a body.
func namedBody(body any, id string) any {
	if body == nil {
		return nil
	}
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return named(string(raw), id)
}

func operationsClient(t *testing.T) (*client, func() *emulator.User) {
	t.Helper()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	return c, func() *emulator.User {
		return c.instance.Seed(emulator.User{
			Credentials:    emulator.Credentials{Password: "some password", TOTPSecret: "JBSWY3DPEHPK3PXP"},
			EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("a@example.com")},
			PhoneNumbers:   []emulator.PhoneNumber{emulator.UnverifiedPhone("+14155550100")},
		})
	}
}

func TestEveryDocumentedOperationIsServed(t *testing.T) {
	t.Parallel()
	operations := operationsOf(clerksDocument(t))
	if len(operations) != documentedOperations {
		t.Errorf("the document has %d operations, want %d", len(operations), documentedOperations)
	}
	c, somebody := operationsClient(t)
	if !c.send("GET", "/users/user_x/nothing", nil).unknownRoute() {
		t.Fatal("an unknown route is not recognized")
	}
	for _, d := range operations {
		if got := c.send(d.method, d.of(somebody()), nil); got.unknownRoute() {
			t.Errorf("%s %s is not served", d.method, d.path)
		}
	}
}

func TestEveryDocumentedFieldIsKnown(t *testing.T) {
	t.Parallel()
	c, somebody := operationsClient(t)
	fields := 0
	for _, d := range operationsOf(clerksDocument(t)) {
		if d.RequestBody == nil || d.RequestBody.Value.Content["application/json"] == nil {
			continue
		}
		for name, property := range d.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
			fields++
			// A value of the wrong type is refused and changes nothing.
			wrong := any(m{"x": 1})
			if property.Value.Type.Is(openapi3.TypeObject) {
				wrong = 7
			}
			got := c.send(d.method, d.of(somebody()), m{name: wrong})
			if got.status < http.StatusBadRequest {
				t.Errorf("%s %s takes a %s of the wrong type", d.method, d.path, name)
				continue
			}
			for _, e := range got.refusal().Errors {
				if e.Code == "form_param_unknown" || e.Code == "form_param_deprecated" {
					t.Errorf("%s %s: %s %s", d.method, d.path, e.Code, name)
				}
			}
		}
	}
	if fields == 0 {
		t.Error("no operation has a field")
	}
}

func TestEveryDocumentedQueryParameterIsKnown(t *testing.T) {
	t.Parallel()
	c, somebody := operationsClient(t)
	parameters := 0
	for _, d := range operationsOf(clerksDocument(t)) {
		for _, parameter := range d.Parameters {
			if parameter.Value.In != openapi3.ParameterInQuery {
				continue
			}
			parameters++
			got := c.send(d.method, d.of(somebody())+"?"+parameter.Value.Name+"=1", nil)
			if got.status < http.StatusBadRequest {
				continue
			}
			for _, e := range got.refusal().Errors {
				if e.Code == "form_param_unknown" {
					t.Errorf("%s %s: %s is not known", d.method, d.path, parameter.Value.Name)
				}
			}
		}
	}
	if parameters == 0 {
		t.Error("no operation has a parameter")
	}
}
