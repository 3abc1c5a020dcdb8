// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// slowAPI is the way to an API server that does not answer some requests.
type slowAPI struct {
	kubeconfig string
	// holds is the part of the paths of GET requests that get no answer; "" for none.
	holds atomic.Value
	// broken is true while every connection is broken without an answer.
	broken atomic.Bool
}

func newSlowAPI(t *testing.T, holds string) *slowAPI {
	t.Helper()
	config := controlplane.Config(t)
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	if proxy.Transport, err = rest.TransportFor(config); err != nil {
		t.Fatal(err)
	}
	proxy.FlushInterval = -1
	api := &slowAPI{kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	api.holds.Store(holds)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.broken.Load() {
			panic(http.ErrAbortHandler)
		}
		for r.Method == http.MethodGet && api.held(r.URL.Path) {
			select {
			case <-r.Context().Done():
				return
			case <-time.After(tick):
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	err = clientcmd.WriteToFile(clientcmdapi.Config{
		CurrentContext: "slow",
		Contexts:       map[string]*clientcmdapi.Context{"slow": {Cluster: "slow"}},
		Clusters:       map[string]*clientcmdapi.Cluster{"slow": {Server: server.URL}},
	}, api.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func (a *slowAPI) held(path string) bool {
	part, _ := a.holds.Load().(string)
	return part != "" && strings.HasSuffix(path, part)
}

// answers returns a check that a health endpoint of a process answers with a status.
func answers(address, path string, status int) func() error {
	return func() error {
		answer, err := http.Get("http://" + address + path)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != status {
			return fmt.Errorf("%s answers %s, want %d", path, answer.Status, status)
		}
		return nil
	}
}

// TestReadinessFollowsTheCaches starts two managers whose caches fill late.
func TestReadinessFollowsTheCaches(t *testing.T) {
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	api := newSlowAPI(t, "/clerkusers")
	addresses := []string{manager.FreeAddress(t), manager.FreeAddress(t)}
	for i, address := range addresses {
		env.start(fmt.Sprint(i), "--kubeconfig="+api.kubeconfig, "--health-probe-bind-address="+address)
	}
	for _, address := range addresses {
		env.eventually("the process to be alive", answers(address, "/healthz", http.StatusOK))
		if err := errors.Join(answers(address, "/readyz", http.StatusInternalServerError)(), answers(address, "/readyz/caches", http.StatusInternalServerError)()); err != nil {
			t.Errorf("before the caches are in sync: %v", err)
		}
	}
	api.holds.Store("")
	env.leader()
	for _, address := range addresses {
		env.eventually("the process to be ready", answers(address, "/readyz", http.StatusOK))
		if err := answers(address, "/healthz", http.StatusOK)(); err != nil {
			t.Error(err)
		}
	}
	var leading int
	for _, r := range env.replicas {
		if r.said("this process leads")() == nil {
			leading++
		}
	}
	if leading != 1 {
		t.Errorf("%d processes lead, so none was ready as a standby", leading)
	}
}

// TestEndsBeforeTheCachesAreInSync terminates a manager that still waits for its first lists.
func TestEndsBeforeTheCachesAreInSync(t *testing.T) {
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	address := manager.FreeAddress(t)
	r := env.start("a", "--kubeconfig="+newSlowAPI(t, "/clerkusers").kubeconfig, "--health-probe-bind-address="+address)
	env.eventually("the process to be alive", answers(address, "/healthz", http.StatusOK))
	env.expectEnd(r.terminate())
}
