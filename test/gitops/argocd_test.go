// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

// kinds are those that have scripts for Argo CD.
func kinds() []string { return []string{"ClerkInstance", "ClerkUser", "ClerkUserAction"} }

// scripts is the directory with the scripts of a kind, which has the layout of Argo CD's resource_customizations.
func scripts(t testing.TB, kind string, below ...string) string {
	t.Helper()
	return filepath.Join(place(t, "gitops", "argocd", "resource_customizations", "clerk-operator.io", kind), filepath.Join(below...))
}

// argoHealth is what Argo CD makes of an object: a status and a message.
type argoHealth struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// argoAction is an action that Argo CD offers.
type argoAction struct {
	Name        string `json:"name"`
	Disabled    bool   `json:"disabled,omitempty"`
	IconClass   string `json:"iconClass,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
}

// impacted is an object that an action creates or patches.
type impacted struct {
	Operation string         `json:"operation"`
	Resource  map[string]any `json:"resource"`
}

// healthOf runs the health check of the object's kind. Argo CD runs one from argocd-cm without Lua's libraries, and one of its own
// with them; both must say the same.
func healthOf(t testing.TB, o *unstructured.Unstructured) (argoHealth, error) {
	t.Helper()
	script := readFile(t, scripts(t, o.GetKind(), "health.lua"))
	result, err := runLua(script, o.Object, false)
	if err != nil {
		return argoHealth{}, err
	}
	health := argoHealth{}
	if err := json.Unmarshal(result, &health); err != nil {
		return argoHealth{}, fmt.Errorf("reading %s: %w", result, err)
	}
	if !slices.Contains([]string{"Healthy", "Progressing", "Degraded"}, health.Status) || health.Message == "" {
		return argoHealth{}, fmt.Errorf("not a result: %s", result)
	}
	if again, err := runLua(script, o.Object, true); err != nil || string(again) != string(result) {
		return argoHealth{}, fmt.Errorf("%s, and with all libraries %s: %w", result, again, err)
	}
	return health, nil
}

// discover returns the actions that Argo CD offers for an object, by name.
func discover(t testing.TB, o *unstructured.Unstructured) (map[string]argoAction, error) {
	t.Helper()
	result, err := runLua(readFile(t, scripts(t, o.GetKind(), "actions", "discovery.lua")), o.Object, false)
	if err != nil {
		return nil, err
	}
	found := map[string]argoAction{}
	if err := json.Unmarshal(result, &found); err != nil {
		return nil, fmt.Errorf("reading %s: %w", result, err)
	}
	for name, one := range found {
		one.Name = name
		found[name] = one
	}
	return found, nil
}

// act runs an action on an object and returns what it creates or patches. An action may return the object alone, to patch it.
func act(t testing.TB, o *unstructured.Unstructured, action string) ([]impacted, error) {
	t.Helper()
	result, err := runLua(readFile(t, scripts(t, o.GetKind(), "actions", action, "action.lua")), o.Object, false)
	if err != nil {
		return nil, err
	}
	var all []impacted
	if result[0] == '[' {
		return all, json.Unmarshal(result, &all)
	}
	resource := map[string]any{}
	if err := json.Unmarshal(result, &resource); err != nil {
		return nil, err
	}
	return []impacted{{"patch", withMaps(resource, o.Object).(map[string]any)}}, nil
}

// withMaps returns a value that Lua returned, with an empty map where the former value has one. Lua knows tables only, and an empty
// one comes back as a list; Argo CD corrects that in objects that it patches.
func withMaps(value, former any) any {
	switch value := value.(type) {
	case map[string]any:
		was, _ := former.(map[string]any)
		for key := range value {
			value[key] = withMaps(value[key], was[key])
		}
	case []any:
		if _, was := former.(map[string]any); was && len(value) == 0 {
			return map[string]any{}
		}
		was, _ := former.([]any)
		for i := range min(len(value), len(was)) {
			value[i] = withMaps(value[i], was[i])
		}
	}
	return value
}

// runLua runs a script as Argo CD does, for at most a second, and returns the JSON of its result. Without libraries there are only
// the functions of Lua itself, the module table, and a module os with date and time.
func runLua(script string, object map[string]any, libraries bool) ([]byte, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	if libraries {
		state.OpenLibs()
	} else {
		openSafely(state)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	value, err := luajson.Decode(state, text)
	if err != nil {
		return nil, err
	}
	state.SetGlobal("obj", value)
	if err := state.DoString(script); err != nil {
		return nil, err
	}
	if got := state.Get(-1).Type(); got != lua.LTTable {
		return nil, fmt.Errorf("the script returned a %s", got)
	}
	return luajson.Encode(state.Get(-1))
}

func openSafely(state *lua.LState) {
	for name, open := range map[string]lua.LGFunction{
		lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable,
	} {
		state.Push(state.NewFunction(open))
		state.Push(lua.LString(name))
		state.Call(1, 0)
	}
	state.PreloadModule(lua.OsLibName, func(state *lua.LState) int {
		state.Push(state.SetFuncs(state.NewTable(), map[string]lua.LGFunction{
			"time": func(state *lua.LState) int {
				state.Push(lua.LNumber(time.Now().Unix()))
				return 1
			},
			"date": func(state *lua.LState) int {
				if format := state.CheckString(1); format != "!%Y-%m-%dT%XZ" {
					state.RaiseError("this test does not know the format %s", format)
				}
				state.Push(lua.LString(time.Now().UTC().Format(time.RFC3339)))
				return 1
			},
		}))
		return 1
	})
}
