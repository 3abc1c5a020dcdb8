// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// stages returns an environment with stages that nothing has declared.
func stages() *Environment {
	env := &Environment{server: emulator.New(emulator.Config{})}
	for _, scenario := range scenarios() {
		s := &stage{env: env, scenario: scenario}
		if scenario.instance != "" {
			s.clerk, s.other = env.server.AddInstance(emulator.InstanceConfig{}), env.server.AddInstance(emulator.InstanceConfig{})
		}
		env.stages = append(env.stages, s)
	}
	return env
}

// instance returns the id at Clerk of a ClerkInstance.
func (env *Environment) instance(name string) string {
	for _, s := range env.stages {
		if s.scenario.instance == name {
			return s.clerk.ID()
		}
	}
	return ""
}

func TestUnexpectedAlertIsNotExplained(t *testing.T) {
	t.Parallel()
	env := stages()
	cases := map[string]struct {
		alert, label, value string
		want                bool
	}{
		"ExpectedByName":           {"ClerkOperatorKeyRejected", "resource_name", "revoked", true},
		"AtAnotherInstance":        {"ClerkOperatorKeyRejected", "resource_name", "cut", false},
		"WhereNothingHappens":      {"ClerkOperatorKeyRejected", "resource_name", "calm", false},
		"ExpectedByID":             {"ClerkOperatorMirrorStale", "clerk_instance", env.instance("cut"), true},
		"WhereNothingHappensByID":  {"ClerkOperatorMirrorStale", "clerk_instance", env.instance("calm"), false},
		"AtAnUnknownInstance":      {"ClerkOperatorMirrorStale", "clerk_instance", "ins_unknown", false},
		"Allowed":                  {"ClerkOperatorUsersOutOfSync", "clerk_instance", env.instance("revoked"), true},
		"UsersWithoutAnInstance":   {"ClerkOperatorUsersOutOfSync", "clerk_instance", noInstance, true},
		"MirrorWithoutAnInstance":  {"ClerkOperatorDriftContended", "clerk_instance", noInstance, false},
		"OfTheWholeInstallation":   {"ClerkOperatorNoLeader", "job", "clerk-operator", true},
		"UnknownAlert":             {"ClerkOperatorOnFire", "job", "clerk-operator", false},
		"InstanceMissingInTheName": {"ClerkOperatorDeletionsHeld", "clerk_instance", env.instance("blocked"), false},
	}
	for name, tc := range cases {
		labels := model.LabelSet{model.AlertNameLabel: model.LabelValue(tc.alert), model.LabelName(tc.label): model.LabelValue(tc.value)}
		if got := env.explained(labels); got != tc.want {
			t.Errorf("%s: %v is explained: %t", name, labels, got)
		}
	}
}

func TestWatcherNotesWhenAnAlertFiresAndEnds(t *testing.T) {
	t.Parallel()
	w, begin := &watcher{}, time.Unix(1000, 0)
	a, b := model.LabelSet{model.AlertNameLabel: "A"}, model.LabelSet{model.AlertNameLabel: "B"}
	steps := []struct {
		fire []model.LabelSet
		err  error
	}{{nil, nil}, {[]model.LabelSet{a}, nil}, {[]model.LabelSet{a, b}, nil}, {nil, errors.New("no answer")}, {[]model.LabelSet{b}, nil}, {[]model.LabelSet{a, b}, nil}}
	for second, step := range steps {
		w.note(begin.Add(time.Duration(second)*time.Second), step.fire, step.err)
	}
	at := func(second int) time.Time { return begin.Add(time.Duration(second) * time.Second) }
	want := []firing{{a, at(1), at(4)}, {b, at(2), time.Time{}}, {a, at(5), time.Time{}}}
	if diff := cmp.Diff(want, w.all(), cmp.AllowUnexported(firing{})); diff != "" {
		t.Errorf("alerts (-want +got):\n%s", diff)
	}
	if err := w.quiet(); err == nil {
		t.Error("two alerts fire, and the watcher calls that quiet")
	}
}
