// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command argocd writes the settings of Argo CD for the operator's kinds, from the Lua scripts in a directory with the layout of
// Argo CD's own resource_customizations: a merge patch for the ConfigMap argocd-cm, and values of the Helm chart argo-cd.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	scripts = "resource_customizations"
	// The names of the results are those of the documentation.
	patchFile, valuesFile = "argocd-cm-patch.yaml", "values.yaml"

	header = "# Copyright The clerk-operator Authors\n# SPDX-License-Identifier: Apache-2.0\n\n" +
		"# Made from resource_customizations by \"make generate\".\n"
	patchUse = "# kubectl patch configmap argocd-cm -n argocd --type merge --patch-file gitops/argocd/argocd-cm-patch.yaml\n"
	// The values of a release that was installed with others stay only if helm is told so.
	valuesUse = "# Values of the chart argo-cd. helm upgrade argocd ‹chart› -n argocd --reset-then-reuse-values -f gitops/argocd/values.yaml\n"
)

// actions are the resource actions of a kind, as Argo CD reads them from argocd-cm.
type actions struct {
	Discovery   string       `json:"discovery.lua"`
	Definitions []definition `json:"definitions"`
}

type definition struct {
	Name   string `json:"name"`
	Script string `json:"action.lua"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: argocd DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "argocd:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	data, err := settings(filepath.Join(dir, scripts))
	if err != nil {
		return err
	}
	patch, err := yaml.Marshal(map[string]any{"data": data})
	if err != nil {
		return err
	}
	values, err := yaml.Marshal(map[string]any{"configs": map[string]any{"cm": data}})
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, patchFile), patchUse, patch); err != nil {
		return err
	}
	return write(filepath.Join(dir, valuesFile), valuesUse, values)
}

func write(path, use string, document []byte) error {
	return os.WriteFile(path, bytes.Join([][]byte{[]byte(header), []byte(use), document}, nil), 0o644)
}

// settings returns the keys of argocd-cm: the health check and the actions of each kind in a directory.
func settings(dir string) (map[string]string, error) {
	healths, err := filepath.Glob(filepath.Join(dir, "*", "*", "health.lua"))
	if err != nil {
		return nil, err
	}
	if len(healths) == 0 {
		return nil, fmt.Errorf("%s has no health.lua", dir)
	}
	data := map[string]string{}
	for _, health := range healths {
		kind := filepath.Dir(health)
		key := filepath.Base(filepath.Dir(kind)) + "_" + filepath.Base(kind)
		script, err := os.ReadFile(health)
		if err != nil {
			return nil, err
		}
		data["resource.customizations.health."+key] = string(script)
		all, err := actionsOf(filepath.Join(kind, "actions"))
		if err != nil {
			return nil, err
		}
		data["resource.customizations.actions."+key] = all
	}
	return data, nil
}

// actionsOf returns the actions in a directory, in the order of their names.
func actionsOf(dir string) (string, error) {
	discovery, err := os.ReadFile(filepath.Join(dir, "discovery.lua"))
	if err != nil {
		return "", err
	}
	all := actions{Discovery: string(discovery)}
	found, err := filepath.Glob(filepath.Join(dir, "*", "action.lua"))
	if err != nil {
		return "", err
	}
	for _, path := range found {
		script, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		all.Definitions = append(all.Definitions, definition{filepath.Base(filepath.Dir(path)), string(script)})
	}
	document, err := yaml.Marshal(all)
	return strings.TrimSuffix(string(document), "\n") + "\n", err
}
