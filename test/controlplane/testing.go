// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// KubeconfigVariable is the environment variable with the kubeconfig file of the control plane that all packages of one
// "make test" share.
const KubeconfigVariable = "CLERK_OPERATOR_TEST_KUBECONFIG"

// kubectlCacheVariable is kubectl's own variable.
const kubectlCacheVariable = "KUBECACHEDIR"

// etcdVariable is the environment variable with the URL of etcd.
const etcdVariable = "CLERK_OPERATOR_TEST_ETCD"

// variables are the environment variables by which a test finds the control plane.
func (p *ControlPlane) variables() map[string]string {
	return map[string]string{KubeconfigVariable: p.Kubeconfig(), kubectlCacheVariable: p.KubectlCache(), etcdVariable: p.Etcd()}
}

// Environment returns the environment variables by which a test finds the control plane.
func (p *ControlPlane) Environment() []string {
	var all []string
	for name, value := range p.variables() {
		all = append(all, name+"="+value)
	}
	return all
}

// Main is TestMain for a package whose tests need a control plane. It uses the one in KubeconfigVariable or starts one
// for the package, runs the tests and returns the exit code.
func Main(m *testing.M) int {
	Leash()
	if os.Getenv(KubeconfigVariable) != "" {
		return m.Run()
	}
	p, err := StartWithCRDs()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := 1
	for name, value := range p.variables() {
		err = errors.Join(err, os.Setenv(name, value))
	}
	if err == nil {
		code = m.Run()
	}
	if err := errors.Join(err, p.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// StartWithCRDs starts a control plane with the CustomResourceDefinitions of the repository of the working directory.
func StartWithCRDs() (*ControlPlane, error) {
	dir, err := CRDs()
	if err != nil {
		return nil, err
	}
	return Start(Options{CRDs: []string{dir}})
}

// CRDs returns the directory of the repository's generated CustomResourceDefinitions. It returns an error if the
// directory is empty.
func CRDs() (string, error) {
	root, err := assets.Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "config", "crd", "bases")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err == nil && len(files) == 0 {
		err = errors.New(`there are none; run "make generate"`)
	}
	if err != nil {
		return "", fmt.Errorf("finding CustomResourceDefinitions in %s: %w", dir, err)
	}
	return dir, nil
}

// Config returns a configuration with all rights on the control plane of this test run, without a client-side rate
// limit. It fails a test whose package has no TestMain that calls Main.
func Config(t testing.TB) *rest.Config {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", Kubeconfig(t))
	if err != nil {
		t.Fatalf("reading the control plane's kubeconfig: %v", err)
	}
	config.QPS, config.Burst = -1, 0
	return config
}

// Kubeconfig returns the path of the kubeconfig file of Config.
func Kubeconfig(t testing.TB) string {
	t.Helper()
	path := os.Getenv(KubeconfigVariable)
	if path == "" {
		t.Fatal("no control plane: give the package a TestMain that calls controlplane.Main")
	}
	return path
}

// Kubectl returns the path of the kubectl with the version of the control plane.
func Kubectl(t testing.TB) string {
	t.Helper()
	dir, err := assets.Find(assets.Kubectl)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, assets.Kubectl)
}

// Namespace creates a namespace for this test and returns its name, which begins with the test's name. It stays until
// the control plane ends, because without a kube-controller-manager no namespace is ever deleted completely.
func Namespace(t testing.TB) string {
	t.Helper()
	c, err := client.New(Config(t), client.Options{})
	if err != nil {
		t.Fatalf("making a client: %v", err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: label(t.Name()) + "-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatalf("making a namespace: %v", err)
	}
	return namespace.Name
}

// label converts a test's name into the beginning of a DNS label that leaves room for a suffix.
func label(name string) string {
	name = regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-")
	if len(name) > 50 {
		name = name[:50]
	}
	return strings.Trim(name, "-")
}
