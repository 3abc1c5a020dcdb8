// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// healthTests and actionTests are the files health_test.yaml and action_test.yaml, as Argo CD's own tests read them.
type healthTests struct {
	Tests []struct {
		InputPath    string     `json:"inputPath"`
		HealthStatus argoHealth `json:"healthStatus"`
	} `json:"tests"`
}

type actionTests struct {
	DiscoveryTests []struct {
		InputPath string       `json:"inputPath"`
		Result    []argoAction `json:"result"`
	} `json:"discoveryTests"`
	ActionTests []actionTest `json:"actionTests"`
}

type actionTest struct {
	Action               string `json:"action"`
	InputPath            string `json:"inputPath"`
	ExpectedOutputPath   string `json:"expectedOutputPath"`
	ExpectedErrorMessage string `json:"expectedErrorMessage"`
}

// TestArgoHealthTests runs the health checks on the test data beside them, as Argo CD would run these tests.
func TestArgoHealthTests(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		all := healthTests{}
		readTests(t, scripts(t, kind, "health_test.yaml"), &all)
		if len(all.Tests) == 0 {
			t.Errorf("%s has no tests of its health check", kind)
		}
		for _, one := range all.Tests {
			got, err := healthOf(t, objectIn(t, readFile(t, scripts(t, kind, one.InputPath))))
			if err != nil {
				t.Errorf("%s %s: %v", kind, one.InputPath, err)
			}
			if diff := cmp.Diff(one.HealthStatus, got); diff != "" {
				t.Errorf("health of %s %s (-want +got):\n%s", kind, one.InputPath, diff)
			}
		}
	}
}

// TestArgoActionTests runs the actions on the test data beside them, as Argo CD would run these tests.
func TestArgoActionTests(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		all := actionTests{}
		readTests(t, scripts(t, kind, "actions", "action_test.yaml"), &all)
		offered := map[string]bool{}
		for _, one := range all.DiscoveryTests {
			got, err := discover(t, objectIn(t, readFile(t, scripts(t, kind, "actions", one.InputPath))))
			if err != nil {
				t.Errorf("%s %s: %v", kind, one.InputPath, err)
			}
			want := map[string]argoAction{}
			for _, action := range one.Result {
				want[action.Name], offered[action.Name] = action, true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("actions of %s %s (-want +got):\n%s", kind, one.InputPath, diff)
			}
		}
		tested := map[string]bool{}
		for _, one := range all.ActionTests {
			tested[one.Action] = true
			runActionTest(t, kind, one)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(offered)), slices.Sorted(maps.Keys(tested))); diff != "" || len(tested) == 0 {
			t.Errorf("actions of %s that are offered, and those that are tested (-offered +tested):\n%s", kind, diff)
		}
	}
}

func runActionTest(t *testing.T, kind string, one actionTest) {
	t.Helper()
	source := objectIn(t, readFile(t, scripts(t, kind, "actions", one.InputPath)))
	got, err := act(t, source, one.Action)
	if one.ExpectedErrorMessage != "" {
		if failure, is := errors.AsType[*lua.ApiError](err); !is || failure.Object.String() != one.ExpectedErrorMessage {
			t.Errorf("%s of %s %s: %v, want the error %q", one.Action, kind, one.InputPath, err, one.ExpectedErrorMessage)
		}
		return
	}
	if err != nil {
		t.Errorf("%s of %s %s: %v", one.Action, kind, one.InputPath, err)
		return
	}
	for _, each := range got {
		atExampleTime(t, each.Resource)
	}
	if diff := cmp.Diff(expectedOutput(t, scripts(t, kind, "actions", one.ExpectedOutputPath), source), got); diff != "" {
		t.Errorf("%s of %s %s (-want +got):\n%s", one.Action, kind, one.InputPath, diff)
	}
}

// expectedOutput reads what an action is to return: an object to patch, or a list of objects to create, which has them in the field
// unstructuredObj.
func expectedOutput(t *testing.T, path string, source *unstructured.Unstructured) []impacted {
	t.Helper()
	text := readFile(t, path)
	if !strings.HasPrefix(text, "-") {
		want := map[string]any{}
		readTests(t, path, &want)
		return []impacted{{"patch", withMaps(want, source.Object).(map[string]any)}}
	}
	var list []struct {
		Operation string         `json:"k8sOperation"`
		Resource  map[string]any `json:"unstructuredObj"`
	}
	readTests(t, path, &list)
	var all []impacted
	for _, one := range list {
		all = append(all, impacted{one.Operation, one.Resource})
	}
	return all
}

// atExampleTime checks that the annotations of actions have the present time, and sets the time that test data has. Argo CD's tests
// need a normalizer for that.
func atExampleTime(t *testing.T, object map[string]any) {
	t.Helper()
	o := &unstructured.Unstructured{Object: object}
	annotations := o.GetAnnotations()
	for _, name := range []string{v1alpha1.AnnotationReconcileRequestedAt, v1alpha1.AnnotationReleaseDeletions} {
		value, found := annotations[name]
		if !found {
			continue
		}
		at, err := time.Parse(time.RFC3339, value)
		if err != nil || time.Since(at).Abs() > time.Minute {
			t.Errorf("%s is %q, which is not the present time", name, value)
		}
		annotations[name] = "0001-01-01T00:00:00Z"
		o.SetAnnotations(annotations)
	}
}

func unmarshal(t testing.TB, text string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

func readTests(t testing.TB, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readFile(t, path)), into); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
}
