// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package comparison

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestScriptsCost counts the calls of the two scripts and finds the counts in the page.
func TestScriptsCost(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of calls; make test makes them")
	}
	text, err := os.ReadFile("../../docs/explanation/comparison.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]func(Script, context.Context, []Person) error{
		"a script that writes each user":    Script.WriteEach,
		"a script that writes what differs": Script.WriteWhatDiffers,
	}
	for row, run := range rows {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			costs := costsOf(t, 1000, run)
			want := fmt.Sprintf("| %s | %s | %s | %s |", row, grouped(costs.create), grouped(costs.rest), grouped(costs.change-costs.rest))
			if !strings.Contains(string(text), want) {
				t.Errorf("the page does not have the row that was measured: %s", want)
			}
		})
	}
}

// costs are the calls of one run of a script: to create all users, with nothing to do, and with one user that differs.
type costs struct{ create, rest, change int }

func costsOf(t *testing.T, n int, run func(Script, context.Context, []Person) error) (c costs) {
	t.Helper()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{Environment: emulator.Production, Settings: emulator.Settings{InstanceRateLimit: -1}})
	served := httptest.NewServer(server)
	t.Cleanup(served.Close)
	script := Script{URL: served.URL + emulator.BasePath, Key: instance.Key(), Client: served.Client()}
	people := make([]Person, n)
	for i := range people {
		number := strconv.Itoa(i)
		people[i] = Person{ExternalID: "hr-" + number, Username: "user-" + number, FirstName: "Ada", Role: "reader"}
	}
	counted := func() int {
		instance.ResetJournal()
		if err := run(script, t.Context(), people); err != nil {
			t.Fatal(err)
		}
		return len(instance.Journal())
	}
	c.create = counted()
	c.rest = counted()
	people[n/2].Role = "admin"
	c.change = counted()
	if changed := instance.Find(func(u *emulator.User) bool { return u.PublicMetadata["role"] == "admin" }); changed == nil || len(instance.Users()) != n {
		t.Errorf("the script left %d users, and the changed one is %+v", len(instance.Users()), changed)
	}
	return c
}

// grouped writes a count as the page does.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
