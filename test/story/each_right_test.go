// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/metricsaccess"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// TestEachRightIsNeeded takes each of the operator's rights away in turn and has an operator go through all that needs rights. The
// API server must refuse something, or nobody needs the right. The operator must say which right is missing. With all rights,
// nothing is refused.
func TestEachRightIsNeeded(t *testing.T) {
	if testing.Short() {
		t.Skip("this starts an operator for each right")
	}
	t.Parallel()
	checkEachRight(t, rights.Shipped(t), nil)
}

// TestEachRightIsNeededForSomeNamespaces does the same with an operator for some namespaces, which has the rights of config/namespaced
// and watches Secrets.
func TestEachRightIsNeededForSomeNamespaces(t *testing.T) {
	if testing.Short() {
		t.Skip("this starts an operator for each right")
	}
	t.Parallel()
	checkEachRight(t, rights.Namespaced(t), forSomeNamespaces)
}

// forSomeNamespaces configures an operator as --watch-namespaces and --watch-secrets do. The Secret with the key still has the
// finalizer of an operator for all namespaces.
func forSomeNamespaces(l *lifetime) {
	secret := &corev1.Secret{}
	l.get(secret, "clerk")
	secret.Finalizers = append(secret.Finalizers, v1alpha1.Finalizer)
	if err := l.client.Update(l.t.Context(), secret); err != nil {
		l.t.Fatal(err)
	}
	l.readsKubeSystem = false
	l.tune = func(c *controller.Config) { c.SecretsByRole, c.WatchSecrets = true, true }
	observe := l.withOptions
	l.withOptions = func(o *ctrl.Options) { observe(o); controller.ReadNamespacesDirectly(o) }
}

// checkEachRight takes each right of an account away in turn. change alters the lifetimes; nil leaves them.
func checkEachRight(t *testing.T, shipped rights.Account, change func(*lifetime)) {
	t.Helper()
	t.Run("All", func(t *testing.T) {
		l := newLifetime(t, shipped, change)
		if refused := l.run(); refused != "" {
			t.Errorf("with all rights, the API server answers %s", refused)
		}
		l.expectNoWrites()
	})
	for _, missing := range shipped.Rights() {
		if isToPatchEvents(missing) {
			continue // TestStoredValuesThatDoNotDecode, because events about one version of an object are seldom repeated
		}
		t.Run("Without/"+missing.String(), func(t *testing.T) {
			l := newLifetime(t, shipped, change, missing)
			l.requests.mayBeRefused()
			if refused := l.run(); !strings.Contains(refused, missing.Refusal()) {
				t.Fatalf("nobody needs the right to %s; the API server answered %q", missing, refused)
			}
			l.expectNamed(missing)
			l.regrant()
		})
	}
}

func isToPatchEvents(r rights.Right) bool { return r.Verb == "patch" && r.Resource == "events" }

// expectNamed waits until the operator's log or a condition names a right that the operator lacks.
func (env *environment) expectNamed(missing rights.Right) {
	env.t.Helper()
	env.eventually("the operator to name the right to "+missing.String(), func() error {
		if strings.Contains(unquoted(env.infos.String()), missing.Refusal()) {
			return nil
		}
		for _, a := range env.actions() {
			for _, c := range a.Status.Conditions {
				if strings.HasSuffix(c.Message, "; grant the operator's ServiceAccount the right to "+missing.String()) {
					return nil
				}
			}
		}
		return errNotYet
	})
}

// regrant gives the account all rights, and waits until the operator, if it runs, has filled its caches with them.
func (l *lifetime) regrant() {
	l.t.Helper()
	l.setRules(l.account)
	for _, o := range l.operators.running() {
		if !o.cache.WaitForCacheSync(l.t.Context()) {
			l.t.Error("the operator does not go on with all rights")
		}
	}
}

// lifetime is what an operator does from its start to the deletion of what it manages, so that it uses every right.
type lifetime struct {
	*environment

	// account has all rights, also if the operator lacks one.
	account rights.Account
	guest   *environment
	// readsKubeSystem says that the operator finds the id of the cluster by itself.
	readsKubeSystem bool
}

// stage is a part of a lifetime: something happens, and then something is seen.
type stage struct {
	happens func()
	seen    func() error
}

func newLifetime(t *testing.T, shipped rights.Account, change func(*lifetime), missing ...rights.Right) *lifetime {
	t.Helper()
	env := newEnvironment(t, allowsAll, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "elsewhere"}},
		}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](10)}
	})
	l := &lifetime{environment: env, guest: env.inOtherNamespace(), readsKubeSystem: true}
	// The operator's own namespace is another than those that it watches.
	own := shipped.Watching(env.watched...)
	l.account = own.In(controlplane.Namespace(t))
	for _, r := range missing {
		own = own.Without(r)
	}
	env.runAs(own.In(l.account.Namespace))
	env.config.Wrap(withoutWatchLists)
	state, err := watches.New(watches.Config{
		Scheme: env.client.Scheme(), Kinds: controller.WatchedKinds(), Registry: prometheus.NewRegistry(), Logger: env.logger,
		Tolerance: driftInterval, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	env.withOptions = func(o *ctrl.Options) { state.Observe(&o.Cache) }
	if change != nil {
		change(l)
	}
	return l
}

// withoutWatchLists makes the API server one that does not list objects by watching them, so that the operator uses the right to list.
func withoutWatchLists(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.URL.Query().Get("sendInitialEvents") == "" {
			return next.RoundTrip(request)
		}
		answer := httptest.NewRecorder()
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = answer.WriteString(`{"kind":"Status","apiVersion":"v1","status":"Failure","code":422,"reason":"Invalid",` +
			`"message":"sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"}`)
		return answer.Result(), nil
	})
}

// run goes through the stages until the API server refuses something, and returns its answer; "" is a lifetime to the end.
func (l *lifetime) run() (refused string) {
	l.t.Helper()
	for _, s := range l.stages() {
		s.happens()
		l.eventually("what follows, or a refusal", func() error {
			if refused = l.refused(); refused != "" {
				return nil
			}
			return s.seen()
		})
		if refused != "" {
			return refused
		}
	}
	return ""
}

func (l *lifetime) stages() []stage {
	return []stage{
		{l.prepare, noMore},
		{l.holdLease, noMore},
		{l.serveMetrics, noMore},
		{l.declare, all(l.is("ann", v1alpha1.ReasonInSync), l.is("bob", v1alpha1.ReasonInSync), l.guest.is("eve", v1alpha1.ReasonNotAllowed))},
		{l.act, all(l.isComplete("token"), l.expires("verify"))},
		{l.actTwice, l.isComplete("totp")},
		{func() { l.delete(l.read("ann")) }, l.isGone("ann")},
	}
}

func noMore() error { return nil }

// all is a check that succeeds if all of these do.
func all(checks ...func() error) func() error {
	return func() error {
		for _, check := range checks {
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	}
}

// prepare does what the binary does before it starts the controllers.
func (l *lifetime) prepare() {
	c, err := client.New(l.config, client.Options{Scheme: l.client.Scheme()})
	if err != nil {
		l.t.Fatal(err)
	}
	if l.readsKubeSystem {
		l.logFailure(c.Get(l.t.Context(), client.ObjectKey{Name: "kube-system"}, &corev1.Namespace{}))
	}
	_, err = binding.EnsureKey(l.t.Context(), c, l.account.Namespace)
	l.logFailure(err)
}

// logFailure does with an error what the binary does at its end.
func (l *lifetime) logFailure(err error) {
	if err != nil {
		l.logger.Error(err, "the manager failed")
	}
}

// holdLease becomes the leader, renews the lease, and gives it back.
func (l *lifetime) holdLease() {
	options := ctrl.Options{Scheme: l.client.Scheme(), LeaderElectionReleaseOnCancel: true, HealthProbeBindAddress: "0", Logger: l.logger}
	options.Metrics = metricsserver.Options{BindAddress: "0"}
	guard, err := lease.Elect(&options, l.config, l.account.Namespace, lease.DefaultTimings())
	if err != nil {
		l.t.Fatal(err)
	}
	mgr, err := ctrl.NewManager(l.config, options)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := mgr.Add(guard); err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(l.t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	select {
	case <-mgr.Elected():
		cancel()
		err = <-ended
	case err = <-ended:
	}
	l.logFailure(err)
}

// serveMetrics answers somebody who asks for metrics.
func (l *lifetime) serveMetrics() {
	c, err := rest.HTTPClientFor(l.config)
	if err != nil {
		l.t.Fatal(err)
	}
	filter, err := metricsaccess.Filter(l.config, c, time.Now)
	if err != nil {
		l.t.Fatal(err)
	}
	handler, err := filter(l.logger, http.NotFoundHandler())
	if err != nil {
		l.t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: l.namespace, Name: "somebody"}}
	l.create(account)
	token := &authenticationv1.TokenRequest{}
	if err := l.client.SubResource("token").Create(l.t.Context(), account, token); err != nil {
		l.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(l.t.Context(), http.MethodGet, "/metrics", nil)
	request.Header.Set("Authorization", "Bearer "+token.Status.Token)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	if answer.Code != http.StatusForbidden && l.refused() == "" {
		l.t.Errorf("somebody without rights is answered with %d, want 403", answer.Code)
	}
}

// declare starts the operator and declares users: one with values from a Secret and a ConfigMap, one that is adopted, and one that is
// not allowed.
func (l *lifetime) declare() {
	l.start()
	l.putSecret("passwords", "ann", annsPassword)
	l.create(l.portraits(portrait(l.t, 1)))
	l.create(l.user("ann", full, fromPortraits, func(s *spec) {
		s.Password = &v1alpha1.Password{SecretKeyRef: at("passwords", "ann")}
	}))
	l.create(l.user("bob", func(s *spec) { s.UserID = ptr.To(l.clerk.Seed(verified("bob")).ID) }))
	l.guest.create(l.guest.user("eve", l.guest.refersTo(l.environment)))
}

// act runs an action that writes a Secret, and one that reads a Secret and goes after its time.
func (l *lifetime) act() {
	l.editAtClerk("ann", equipped)
	l.server.Clock().Advance(2 * lagTime)
	l.putInputSecret()
	l.runAction("token", "ann", getsTokenFor("google"))
	l.runAction("verify", "ann", func(s *actionSpec) { verifiesCode(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
}

// actTwice repeats an action that was interrupted after it had written its Secret.
func (l *lifetime) actTwice() {
	l.haltDuringCall(false, "PATCH", "/users/*", func() { l.runAction("totp", "ann", createsTOTP) })
	l.server.Clock().Advance(underWay)
	l.start()
}

func (env *environment) is(name, reason string) func() error {
	return func() error {
		user := env.read(name)
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || ready.ObservedGeneration != user.Generation {
			return fmt.Errorf("ClerkUser %s has condition %+v at generation %d", name, ready, user.Generation)
		}
		return nil
	}
}

func (env *environment) isGone(name string) func() error {
	return func() error {
		err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, &v1alpha1.ClerkUser{})
		if client.IgnoreNotFound(err) != nil {
			env.t.Fatal(err)
		}
		if err == nil {
			return fmt.Errorf("ClerkUser %s is still there", name)
		}
		return nil
	}
}

func (env *environment) isComplete(name string) func() error {
	return func() error {
		a := env.readAction(name)
		if !meta.IsStatusConditionTrue(a.Status.Conditions, v1alpha1.ConditionComplete) {
			return fmt.Errorf("action %s has conditions %+v", name, a.Status.Conditions)
		}
		return nil
	}
}

func (env *environment) expires(name string) func() error {
	return func() error {
		for _, a := range env.actions() {
			if a.Name == name {
				return fmt.Errorf("action %s is still there: %+v", name, a.Status)
			}
		}
		return nil
	}
}

// refused returns the first answer of the API server that names a missing right.
func (env *environment) refused() string {
	env.requests.mu.Lock()
	defer env.requests.mu.Unlock()
	if len(env.requests.refused) == 0 {
		return ""
	}
	return env.requests.refused[0]
}
