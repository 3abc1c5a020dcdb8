// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package node does what a bare API server has nobody for: it runs the operator's pod.
package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

const (
	// namespace is the operator's namespace, and deployment is its Deployment there.
	namespace  = "clerk-operator-system"
	deployment = "clerk-operator-controller-manager"

	tick = 100 * time.Millisecond
)

// Node lets a pod of the operator's Deployment in, runs the manager with the arguments, the environment and the ServiceAccount of that
// pod, asks the probes and tells the Deployment's status. Where there is no Deployment, no manager runs.
type Node struct {
	t           testing.TB
	plane       *controlplane.ControlPlane
	client      client.Client
	environment []string
	log         lockedBuffer

	mu      sync.Mutex
	pod     *corev1.Pod
	process *controlplane.Process
	// template is what the pod was made of.
	template string
	// addresses are where the ports of the pod are, by their names.
	addresses map[string]string
	// started is how many pods there were.
	started int
}

// Start watches the Deployment until the test ends. The environment, as "name=value", is that of the manager, besides what the pod
// says. The binary is the one that manager.Main built.
func Start(t testing.TB, plane *controlplane.ControlPlane, environment []string) *Node {
	t.Helper()
	n := &Node{t: t, plane: plane, environment: environment}
	var err error
	if n.client, err = client.New(plane.Config(), client.Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := ""
		for ctx.Err() == nil {
			if err := n.step(ctx); err != nil && ctx.Err() == nil && err.Error() != last {
				last = err.Error()
				fmt.Fprintln(&n.log, "node:", err)
			}
			time.Sleep(tick)
		}
	}()
	t.Cleanup(func() { cancel(); <-done; n.stop() })
	return n
}

// step looks at the Deployment once.
func (n *Node) step(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := &appsv1.Deployment{}
	err := n.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: deployment}, found)
	if client.IgnoreNotFound(err) != nil {
		return err
	}
	if err != nil {
		n.end(ctx)
		return nil
	}
	template, err := json.Marshal(found.Spec.Template)
	if err != nil {
		return err
	}
	if string(template) != n.template {
		n.end(ctx)
		if err := n.start(ctx, found); err != nil {
			return err
		}
		n.template = string(template)
	}
	return n.report(ctx, found)
}

// start lets a pod in and runs its container.
func (n *Node) start(ctx context.Context, of *appsv1.Deployment) error {
	template := of.Spec.Template
	n.started++
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Namespace, pod.Name = namespace, fmt.Sprintf("manager-%d", n.started)
	if err := n.client.Create(ctx, pod); err != nil {
		return err
	}
	n.pod = pod
	container := pod.Spec.Containers[0]
	if !mounts(container, "/var/run/secrets/kubernetes.io/serviceaccount") {
		return errors.New("the pod has no token")
	}
	kubeconfig, err := n.kubeconfig(ctx, pod)
	if err != nil {
		return err
	}
	// The namespace is in a file of the pod that is not on this machine.
	args := []string{"--kubeconfig=" + kubeconfig, "--operator-namespace=" + namespace}
	n.addresses = map[string]string{}
	for _, arg := range container.Args {
		args = append(args, n.relocated(arg, container.Ports)) //nolint:contextcheck // the addresses belong to the test
	}
	environment := append([]string{"-u", "KUBECONFIG"}, n.environment...)
	for _, variable := range container.Env {
		environment = append(environment, variable.Name+"="+variable.Value)
	}
	environment = append(environment, manager.Path())
	n.process, err = n.plane.Run(&n.log, "/usr/bin/env", append(environment, args...)...)
	return err
}

func mounts(container corev1.Container, path string) bool {
	for _, m := range container.VolumeMounts {
		if m.MountPath == path {
			return true
		}
	}
	return false
}

// relocated puts an argument that names a port of the container to a free port of this machine.
func (n *Node) relocated(arg string, ports []corev1.ContainerPort) string {
	for _, port := range ports {
		if before, found := strings.CutSuffix(arg, fmt.Sprintf("=:%d", port.ContainerPort)); found {
			n.addresses[port.Name] = manager.FreeAddress(n.t)
			return before + "=" + n.addresses[port.Name]
		}
	}
	return arg
}

// kubeconfig writes a kubeconfig with a token of the pod's ServiceAccount and no other rights.
func (n *Node) kubeconfig(ctx context.Context, pod *corev1.Pod) (string, error) {
	token, err := Token(ctx, n.client, pod.Namespace, pod.Spec.ServiceAccountName)
	if err != nil {
		return "", err
	}
	config := n.plane.Config()
	file := clientcmdapi.NewConfig()
	file.Clusters["cluster"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos["account"] = &clientcmdapi.AuthInfo{Token: token}
	file.Contexts["context"] = &clientcmdapi.Context{Cluster: "cluster", AuthInfo: "account"}
	file.CurrentContext = "context"
	path := filepath.Join(filepath.Dir(n.plane.Kubeconfig()), "account")
	return path, clientcmd.WriteToFile(*file, path)
}

// Token returns a new token of a ServiceAccount.
func Token(ctx context.Context, c client.Client, namespace, name string) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	request := &authenticationv1.TokenRequest{}
	if err := c.SubResource("token").Create(ctx, account, request); err != nil {
		return "", err
	}
	return request.Status.Token, nil
}

// report tells whether the pod is ready, as the probes say.
func (n *Node) report(ctx context.Context, of *appsv1.Deployment) error {
	container := n.pod.Spec.Containers[0]
	ready := int32(0)
	if n.answers(container.StartupProbe) && n.answers(container.LivenessProbe) && n.answers(container.ReadinessProbe) {
		ready = ptr.Deref(of.Spec.Replicas, 1)
	}
	status := appsv1.DeploymentStatus{
		ObservedGeneration: of.Generation,
		Replicas:           ptr.Deref(of.Spec.Replicas, 1),
		UpdatedReplicas:    ptr.Deref(of.Spec.Replicas, 1),
		ReadyReplicas:      ready,
		AvailableReplicas:  ready,
		Conditions:         conditions(ready > 0),
	}
	if of.Status.ObservedGeneration == status.ObservedGeneration && of.Status.ReadyReplicas == ready {
		return nil
	}
	of.Status = status
	return client.IgnoreNotFound(n.client.Status().Update(ctx, of))
}

// conditions are those of a Deployment, by which Helm knows whether it is ready.
func conditions(ready bool) []appsv1.DeploymentCondition {
	available, progress := corev1.ConditionFalse, "ReplicaSetUpdated"
	if ready {
		available, progress = corev1.ConditionTrue, "NewReplicaSetAvailable"
	}
	return []appsv1.DeploymentCondition{
		{Type: appsv1.DeploymentAvailable, Status: available, Reason: "Test"},
		{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: progress},
	}
}

// answers reports whether the container passes a probe; it has to where there is none.
func (n *Node) answers(probe *corev1.Probe) bool {
	if probe == nil {
		return true
	}
	answer, err := http.Get("http://" + n.addresses[probe.HTTPGet.Port.StrVal] + probe.HTTPGet.Path) //nolint:noctx // a server on this machine, in a test
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// end stops the container and removes the pod, if there is one.
func (n *Node) end(ctx context.Context) {
	if n.process != nil {
		if err := n.process.Stop(); err != nil {
			fmt.Fprintln(&n.log, "node:", err)
		}
	}
	if n.pod != nil {
		if err := n.client.Delete(ctx, n.pod); client.IgnoreNotFound(err) != nil {
			fmt.Fprintln(&n.log, "node:", err)
		}
	}
	n.process, n.pod, n.template = nil, nil, ""
}

func (n *Node) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(context.Background())
}

// Log returns what the managers and the node have printed so far.
func (n *Node) Log() string { return n.log.String() }

// Started returns how many pods there were.
func (n *Node) Started() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.started
}

// Address returns where a port of the pod is, by the port's name; "" if there is none.
func (n *Node) Address(port string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.addresses[port]
}

// lockedBuffer is written by a process while it is read.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
