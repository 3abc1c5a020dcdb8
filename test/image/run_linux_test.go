// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/test/contract"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

const (
	// patience is how long to wait for what is expected. A removal waits out the minute in which Clerk may not show a new user.
	patience = 2 * time.Minute
	tick     = 50 * time.Millisecond
	// stopLimit is less than the time that Kubernetes gives a pod before it kills it.
	stopLimit = 20 * time.Second

	accountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"
	// authorityFile is one of the files in which Linux distributions have certificate authorities.
	authorityFile = "/etc/ssl/certs/ca-certificates.crt"
)

// environment is a namespace with an operator in a container, and a Clerk that speaks https with a certificate that only a
// mounted file vouches for.
type environment struct {
	t         *testing.T
	namespace string
	client    client.Client
	clerk     *emulator.Instance
	listener  *httptest.Server
	health    string
	container *container
}

// TestImageRuns runs the image as Kubernetes would, from the start through the life of a user to the end. OpenShift runs it as any user
// of the group 0.
func TestImageRuns(t *testing.T) {
	t.Parallel()
	i, found := built(t).images(t)[runtime.GOARCH]
	if !found {
		t.Skipf("there is no image for %s", runtime.GOARCH)
	}
	runc := usableRunc(t)
	for name, who := range map[string]ids{"Nonroot": nonroot(), "AnyUser": {1000670000, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runImage(t, runc, i, who)
		})
	}
}

func runImage(t *testing.T, runc string, i image, who ids) {
	t.Helper()
	env := newEnvironment(t)
	env.start(runc, i, who)
	env.eventually("the operator to be ready", func() error { return env.ask("/readyz") })
	env.expectConfined(who)
	env.create(&v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"},
		Spec: v1alpha1.ClerkUserSpec{
			EmailAddresses: []v1alpha1.EmailAddress{{Address: "ann@example.com"}},
			DeletionPolicy: ptr.To(v1alpha1.DeletionDelete),
		},
	})
	env.expectInSync("ann", false)
	user := env.read("ann")
	before := user.DeepCopy()
	user.Spec.Banned = ptr.To(true)
	if err := env.client.Patch(t.Context(), user, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.expectInSync("ann", true)
	if err := env.client.Delete(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	env.eventually("the user to be deleted", func() error {
		if n := len(env.clerk.Users()); n != 0 {
			return fmt.Errorf("%d users at Clerk", n)
		}
		if err := env.client.Get(t.Context(), client.ObjectKeyFromObject(user), user); !apierrors.IsNotFound(err) {
			return fmt.Errorf("reading the ClerkUser: %w", err)
		}
		return nil
	})
	env.stop()
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	server := emulator.New(emulator.Config{})
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: c, clerk: server.AddInstance(emulator.InstanceConfig{})}
	calls := contract.Enforce(t, server)
	env.listener = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.UserAgent(); got != "clerk-operator/"+version {
			t.Errorf("a call has the user agent %q", got)
		}
		calls.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.Close(); env.listener.Close() })
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: env.clerk.Key()},
	})
	env.create(&v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "default"},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"},
			APIURL:       ptr.To(env.listener.URL + "/v1"),
		},
	})
	return env
}

// start runs the image in a pod's surroundings: with the token of the shipped ServiceAccount, and environment variables that say
// where the API server is.
func (env *environment) start(runc string, i image, who ids) {
	env.t.Helper()
	plane := controlplane.Config(env.t)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(plane.Host, "https://"))
	if err != nil {
		env.t.Fatal(err)
	}
	account := rights.Shipped(env.t).In(env.namespace)
	account.Grant(env.t, plane)
	bundle := env.t.TempDir()
	i.rootfs(env.t, bundle)
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: env.listener.Certificate().Raw})
	env.health = manager.FreeAddress(env.t)
	env.container = startContainer(env.t, runc, bundle, bundleConfig(who,
		[]string{
			"/manager", "--health-probe-bind-address=" + env.health, "--allowed-api-hosts=" + env.listener.Listener.Addr().String(),
			"--watch-namespaces=" + env.namespace, "--cluster-id=image",
		},
		[]string{"KUBERNETES_SERVICE_HOST=" + host, "KUBERNETES_SERVICE_PORT=" + port},
		fromHost(env.volume(map[string]string{
			"token": env.token(account.Name), "ca.crt": string(plane.CAData), "namespace": env.namespace,
		}), accountDirectory),
		fromHost(env.volume(map[string]string{filepath.Base(authorityFile): string(authority)}), filepath.Dir(authorityFile)),
	))
}

// volume returns a directory with these files, which everybody may read, as a volume's can be.
func (env *environment) volume(files map[string]string) string {
	env.t.Helper()
	dir := env.t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, 0o644)); err != nil {
			env.t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		env.t.Fatal(err)
	}
	return dir
}

func (env *environment) token(account string) string {
	env.t.Helper()
	request := &authenticationv1.TokenRequest{}
	o := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: account}}
	if err := env.client.SubResource("token").Create(env.t.Context(), o, request); err != nil {
		env.t.Fatal(err)
	}
	return request.Status.Token
}

// expectConfined has the kernel say what the operator's process may do: an option that runc ignored would prove nothing.
func (env *environment) expectConfined(who ids) {
	env.t.Helper()
	pid := env.container.pid(env.t)
	status := statusOf(env.t, pid)
	const noCapability = "0000000000000000"
	for key, want := range map[string]string{
		"Name": "manager", "Uid": fourTimes(who.user), "Gid": fourTimes(who.group), "Groups": "", "NoNewPrivs": "1",
		"Seccomp": "2", "CapEff": noCapability, "CapPrm": noCapability, "CapInh": noCapability, "CapBnd": noCapability, "CapAmb": noCapability,
	} {
		if got, found := status[key]; !found || got != want {
			env.t.Errorf("%s of the process is %q, want %q", key, got, want)
		}
	}
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil || !regexp.MustCompile(`(?m)^\d+ \d+ \S+ \S+ / ro[, ]`).Match(mounts) {
		env.t.Errorf("the root is not read-only (%v):\n%s", err, mounts)
	}
}

// fourTimes is how the kernel writes an id that is the real, effective, saved and file system one.
func fourTimes(id int) string { return fmt.Sprintf("%d %[1]d %[1]d %[1]d", id) }

// stop ends the operator as Kubernetes does, and checks that it released the lease.
func (env *environment) stop() {
	env.t.Helper()
	started := time.Now()
	if err := env.container.cmd.Process.Signal(syscall.SIGTERM); err != nil { // runc passes it on
		env.t.Fatal(err)
	}
	if err := env.container.wait(env.t); err != nil {
		env.t.Errorf("the operator ends with %v after SIGTERM:\n%s", err, env.container.output())
	}
	if took := time.Since(started); took > stopLimit {
		env.t.Errorf("the operator takes %s to end", took)
	}
	held := &coordinationv1.Lease{}
	err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: lease.Name}, held)
	if err != nil || ptr.Deref(held.Spec.HolderIdentity, "") != "" {
		env.t.Errorf("the lease is held by %q after the end (%v)", ptr.Deref(held.Spec.HolderIdentity, ""), err)
	}
}

// ask returns an error unless a health endpoint answers with 200.
func (env *environment) ask(path string) error {
	ctx, cancel := context.WithTimeout(env.t.Context(), 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+env.health+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", path, answer.Status, text)
	}
	return nil
}

func (env *environment) create(o client.Object) {
	env.t.Helper()
	if err := env.client.Create(env.t.Context(), o); err != nil {
		env.t.Fatalf("creating %T %s: %v", o, o.GetName(), err)
	}
}

func (env *environment) read(name string) *v1alpha1.ClerkUser {
	env.t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, user); err != nil {
		env.t.Fatal(err)
	}
	return user
}

// expectInSync waits until a ClerkUser is in sync, and its user at Clerk is banned or not.
func (env *environment) expectInSync(name string, banned bool) {
	env.t.Helper()
	env.eventually("ClerkUser "+name+" to be in sync", func() error {
		user := env.read(name)
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonInSync || ready.ObservedGeneration != user.Generation {
			return fmt.Errorf("Ready is %+v at generation %d", ready, user.Generation)
		}
		if users := env.clerk.Users(); len(users) != 1 || users[0].Banned != banned {
			return fmt.Errorf("%d users at Clerk, the first one banned: %t", len(users), len(users) > 0 && users[0].Banned)
		}
		return nil
	})
}

// eventually waits until check returns nil, and fails with its last error. The end of the container ends the wait.
func (env *environment) eventually(what string, check func() error) {
	env.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-env.container.done:
			env.t.Fatalf("the operator ended (%v) while waiting for %s:\n%s", env.container.err, what, env.container.output())
		case <-time.After(tick):
		}
		if time.Now().After(deadline) {
			env.t.Fatalf("waiting for %s: %v\n%s", what, err, env.container.output())
		}
	}
}
