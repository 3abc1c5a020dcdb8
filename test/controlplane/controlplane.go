// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// startLimit is how long etcd and kube-apiserver may each take to answer, even on a machine that is busy with other
// tests.
const startLimit = 2 * time.Minute

// Options configure a control plane.
type Options struct {
	// CRDs are files and directories of CustomResourceDefinitions. They are installed and established when Start returns.
	CRDs []string
	// AdmitServiceAccounts has the API server demand the ServiceAccount of each pod and mount its token, as in a cluster.
	// Tests without pods do without.
	AdmitServiceAccounts bool
	// Log receives the output of etcd and kube-apiserver. Nil drops it.
	Log io.Writer
}

// ControlPlane is a running etcd and kube-apiserver.
type ControlPlane struct {
	leash     *leash
	env       *envtest.Environment
	config    *rest.Config
	assets    string
	processes []*Process
}

// Start starts a control plane from the binaries that [assets.Find] finds. The caller must call Stop.
func Start(options Options) (*ControlPlane, error) {
	dir, err := assets.Find(assets.Basic()...)
	if err != nil {
		return nil, err
	}
	held, err := newLeash()
	if err != nil {
		return nil, err
	}
	p := &ControlPlane{leash: held, assets: dir}
	if err := p.start(options); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), p.Stop())
	}
	return p, nil
}

func (p *ControlPlane) start(options Options) error {
	env, err := p.environment(options)
	if err != nil {
		return err
	}
	p.env = env
	config, err := env.Start()
	if err != nil {
		return err
	}
	// Tests and benchmarks measure the operator, not this client's own limit.
	config.QPS, config.Burst = -1, 0
	p.config = config
	return os.WriteFile(p.Kubeconfig(), env.KubeConfig, 0o600)
}

// environment configures envtest so that all its files are in the leash's directory.
func (p *ControlPlane) environment(options Options) (*envtest.Environment, error) {
	existing := false
	env := &envtest.Environment{
		UseExistingCluster:       &existing,
		CRDDirectoryPaths:        options.CRDs,
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: startLimit,
		ControlPlaneStopTimeout:  stopLimit,
	}
	etcd, err := p.leash.wrap(filepath.Join(p.assets, assets.Etcd))
	if err != nil {
		return nil, err
	}
	server, err := p.leash.wrap(filepath.Join(p.assets, assets.APIServer))
	if err != nil {
		return nil, err
	}
	data, certificates := filepath.Join(p.leash.dir, "data"), filepath.Join(p.leash.dir, "certificates")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(certificates, 0o700)); err != nil {
		return nil, err
	}
	env.ControlPlane.KubectlPath = p.Kubectl()
	env.ControlPlane.Etcd = &envtest.Etcd{Path: etcd, DataDir: data, Out: options.Log, Err: options.Log}
	api := env.ControlPlane.GetAPIServer()
	api.Path, api.CertDir, api.Out, api.Err = server, certificates, options.Log, options.Log
	api.Configure().
		// A machine without a default route has no address to advertise, and nobody uses a Service for this API server.
		Set("advertise-address", "127.0.0.1").
		Set("endpoint-reconciler-type", "none").
		Set("enable-priority-and-fairness", "false").
		// All operators of a test process share one connection for their watches.
		Set("http2-max-streams-per-connection", "1000").
		Set("profiling", "false")
	if options.AdmitServiceAccounts {
		// envtest turns it off.
		api.Configure().Disable("disable-admission-plugins")
	}
	return env, nil
}

// Config returns a configuration with all rights and without a client-side rate limit.
func (p *ControlPlane) Config() *rest.Config { return rest.CopyConfig(p.config) }

// Etcd returns the URL of etcd, which anybody may read and write.
func (p *ControlPlane) Etcd() string { return p.env.ControlPlane.Etcd.URL.String() }

// Kubeconfig returns the path of a kubeconfig file with all rights. The file is removed with the control plane.
func (p *ControlPlane) Kubeconfig() string { return filepath.Join(p.leash.dir, "kubeconfig") }

// KubectlCache returns the directory for kubectl's own cache of this API server, for --cache-dir or the variable
// KUBECACHEDIR.
func (p *ControlPlane) KubectlCache() string { return filepath.Join(p.leash.dir, "kubectl") }

// Kubectl returns the path of the kubectl with the version of the API server.
func (p *ControlPlane) Kubectl() string { return filepath.Join(p.assets, assets.Kubectl) }

// Run starts a program beside the control plane and writes its output to out, which may be nil. The program ends when
// the control plane is stopped, or when this process ends.
func (p *ControlPlane) Run(out io.Writer, binary string, args ...string) (*Process, error) {
	process, err := p.leash.run(out, binary, args...)
	if err != nil {
		return nil, err
	}
	p.processes = append(p.processes, process)
	return process, nil
}

// Stop stops everything in the reverse order of its start and removes its files.
func (p *ControlPlane) Stop() error {
	var errs []error
	for _, process := range slices.Backward(p.processes) {
		errs = append(errs, process.Stop())
	}
	if p.env != nil {
		errs = append(errs, p.env.Stop())
	}
	return errors.Join(append(errs, p.leash.close())...)
}
