// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	// release and namespace are those of config/default and of the documentation.
	release   = "clerk-operator"
	namespace = "clerk-operator-system"
	// helmVariable names the Helm that this package's tests run, in their environment.
	helmVariable = "CLERK_OPERATOR_TEST_HELM"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	controlplane.Leash()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// run runs the tests with a control plane without the operator's kinds, since the chart brings them.
func run(m *testing.M) (code int, err error) {
	helm, err := exec.Command("go", "tool", "-n", "helm").Output()
	if err != nil {
		return 1, fmt.Errorf("building Helm: %w", err)
	}
	p, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		return 1, err
	}
	home, err := os.MkdirTemp("", "clerk-operator-chart-")
	if err != nil {
		return 1, errors.Join(err, p.Stop())
	}
	for name, value := range map[string]string{
		helmVariable:                    strings.TrimSpace(string(helm)),
		controlplane.KubeconfigVariable: p.Kubeconfig(),
		"KUBECACHEDIR":                  p.KubectlCache(),
		"KUBECONFIG":                    p.Kubeconfig(),
		"HELM_CACHE_HOME":               filepath.Join(home, "cache"),
		"HELM_CONFIG_HOME":              filepath.Join(home, "config"),
		"HELM_DATA_HOME":                filepath.Join(home, "data"),
	} {
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err == nil {
		code = m.Run()
	}
	return code, errors.Join(err, p.Stop(), os.RemoveAll(home))
}

// place is a file or a directory of the repository.
func place(t testing.TB, below ...string) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root}, below...)...)
}

// chartPlace is the directory of the chart.
func chartPlace(t testing.TB) string {
	t.Helper()
	return place(t, "charts", "clerk-operator")
}

// helm runs Helm and returns what it prints. It fails the test if Helm fails.
func helm(t testing.TB, args ...string) string {
	t.Helper()
	text, err := tryHelm(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// tryHelm runs Helm and returns what it prints.
func tryHelm(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return command(t, os.Getenv(helmVariable), args...)
}

// kubectl runs kubectl and returns what it prints. It fails the test if kubectl fails.
func kubectl(t testing.TB, args ...string) string {
	t.Helper()
	text, err := command(t, controlplane.Kubectl(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func command(t testing.TB, name string, args ...string) (string, error) {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out.String(), complaints.String())
	}
	return out.String(), nil
}

// types knows every kind that the chart may render, except for those of the Prometheus Operator.
func types(t testing.TB) *runtime.Scheme {
	t.Helper()
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, apiextensionsv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(known); err != nil {
			t.Fatal(err)
		}
	}
	return known
}

// newClient returns a client with all rights, which refuses fields that the API does not know.
func newClient(t testing.TB) client.Client {
	t.Helper()
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: types(t)})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}
