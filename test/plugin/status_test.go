// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/plugin/status"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// lead creates the Lease that a running operator has.
func (env *environment) lead(renewed time.Time) {
	env.t.Helper()
	env.create(&coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: lease.Name},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: ptr.To("clerk-operator-0"), LeaseDurationSeconds: ptr.To[int32](15), RenewTime: ptr.To(metav1.NewMicroTime(renewed)),
		},
	})
}

// status runs the command and decodes its report. The operator's namespace is that of the environment.
func (env *environment) status(args ...string) status.Report {
	env.t.Helper()
	r := env.run(append([]string{"status", "-o", "json", "--operator-namespace", env.namespace}, args...)...)
	if r.code != 0 {
		env.t.Fatalf("the command failed: %+v", r)
	}
	var report status.Report
	r.decode(env, &report)
	return report
}

// eventuallyStatus waits until the command's text has all these parts, and returns it.
func (env *environment) eventuallyStatus(parts []string, args ...string) (text string) {
	env.t.Helper()
	env.eventually("the status", func() error {
		r := env.run(append([]string{"status", "--operator-namespace", env.namespace}, args...)...)
		text = r.out
		for _, part := range parts {
			if !strings.Contains(r.out, part) {
				return fmt.Errorf("%q is not in:\n%s%s", part, r.out, r.errOut)
			}
		}
		return nil
	})
	return text
}

func TestStatusOfHealthyUsers(t *testing.T) {
	env := newEnvironment(t)
	env.lead(time.Now())
	env.start()
	env.create(env.user("ada"))
	env.create(env.user("bob"))
	env.waitFor("ada", v1alpha1.ReasonInSync)
	env.waitFor("bob", v1alpha1.ReasonInSync)
	env.eventuallyStatus([]string{
		"Operator: running\n", "ClerkInstance " + env.namespace + "/default\n", "True, KeyAccepted", "Production", env.clerk.ID(),
		"2 managed, 2 at Clerk; 2 ClerkUsers shown here, 2 ready", "10000 requests in 10s", "every 1s, current", "every 1h, current",
		"0 of 10 in 10m, 0 held", "2 InSync", "Nothing needs a human.",
	})
	report := env.status()
	if len(report.NeedsHuman) > 0 || len(report.Instances) != 1 || report.Instances[0].ReadyUsers != 2 {
		t.Errorf("the report is %+v", report)
	}
	if got := env.status("default", "-A"); len(got.Instances) != 1 || got.Instances[0].Users != 2 {
		t.Errorf("the report of one ClerkInstance is %+v", got)
	}
	if got := env.status(env.namespace+"/default", "--namespace", "default"); len(got.Instances) != 1 || got.Instances[0].Users != 2 {
		t.Errorf("the report of one ClerkInstance of another namespace is %+v", got)
	}
	for argument, says := range map[string]string{
		"absent": "absent in namespace " + env.namespace + "; kubectl get clerkinstances -A lists all of them", "a/b/c": "want name or namespace/name",
	} {
		if r := env.run("status", argument); r.code != 2 || !strings.Contains(r.errOut, says) {
			t.Errorf("%s: %+v, want %q", argument, r, says)
		}
	}
}

func TestStatusNamesWhatNeedsAHuman(t *testing.T) {
	env := newRaceEnvironment(t)
	env.lead(time.Now())
	env.create(env.instance("wrong"))
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "wrong"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: "sk_live_wrong"},
	})
	wrong := &v1alpha1.ClerkInstance{}
	if err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "wrong"}, wrong); err != nil {
		t.Fatal(err)
	}
	wrong.Spec.SecretKeyRef.Name = "wrong"
	if err := env.client.Update(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	env.start()
	env.create(env.user("waits", func(s *v1alpha1.ClerkUserSpec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "wrong"} }))
	env.create(env.user("lost", func(s *v1alpha1.ClerkUserSpec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "nowhere"} }))
	env.create(env.user("gone", func(s *v1alpha1.ClerkUserSpec) { s.UserID = ptr.To("user_nobody") }))
	text := env.eventuallyStatus([]string{
		"ClerkInstance " + env.namespace + "/nowhere: does not exist", "False, KeyRejected",
		"  ClerkInstance " + env.namespace + "/wrong: KeyRejected", "  ClerkUser " + env.namespace + "/lost: InstanceNotFound",
		"1 InstanceNotReady", "1 InstanceNotFound", "    $ kubectl ",
	})
	if strings.Contains(text, "ClerkUser "+env.namespace+"/waits") {
		t.Errorf("a user that waits for its ClerkInstance is shown beside it:\n%s", text)
	}
	first := env.status().NeedsHuman[0]
	if first.Kind != "ClerkInstance" || first.Name != "wrong" || first.Why == "" || !strings.HasPrefix(first.Next, "kubectl ") {
		t.Errorf("the most urgent is %+v", first)
	}
}

func TestStatusWithoutAnOperator(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ada"))
	if r := env.run("status", "--operator-namespace", env.namespace); r.code != 0 ||
		!strings.Contains(r.out, "Operator: not known: there is no Lease clerk-operator") ||
		!strings.Contains(r.out, "1 (no status yet)") || !strings.Contains(r.out, "the operator has not looked at it yet") {
		t.Errorf("without a Lease: %+v", r)
	}
	env.lead(time.Now().Add(-time.Hour))
	if r := env.run("status", "--operator-namespace", env.namespace); r.code != 0 ||
		!strings.Contains(r.out, "Operator: not running: its Lease was renewed 60m ago") || !strings.Contains(r.out, "every 1s, stopped for 60m") {
		t.Errorf("with an old Lease: %+v", r)
	}
}

// exposed writes what the operator's /metrics answers to a file.
func (env *environment) exposed() (path string) {
	env.t.Helper()
	families, err := env.metrics.Gather()
	if err != nil {
		env.t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			env.t.Fatal(err)
		}
	}
	path = filepath.Join(env.t.TempDir(), "metrics")
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		env.t.Fatal(err)
	}
	return path
}

func TestStatusWithMetrics(t *testing.T) {
	env := newEnvironment(t)
	env.lead(time.Now())
	env.start()
	env.create(env.user("ada"))
	env.waitFor("ada", v1alpha1.ReasonInSync)
	env.eventually("syncs in the metrics", func() error {
		i := env.status("--metrics", env.exposed()).Instances[0]
		if i.Budget.UsedPercent == nil || i.Sync.LastFull == nil || i.Sync.LastIncremental == nil {
			return fmt.Errorf("budget %+v, syncs %+v", i.Budget, i.Sync)
		}
		if ago := time.Since(i.Sync.LastFull.Time); ago > patience || ago < -time.Second {
			t.Errorf("the last full sync was %s ago", ago)
		}
		return nil
	})
	if r := env.run("status", "--metrics", "/nowhere"); r.code != 2 || !strings.Contains(r.errOut, "--metrics: open /nowhere") {
		t.Errorf("a file that does not exist: %+v", r)
	}
	if r := env.run("status", "--watch", "--metrics", "-"); r.code != 2 || !strings.Contains(r.errOut, "must be a file") {
		t.Errorf("a watch of standard input: %+v", r)
	}
}

func TestStatusInAnEmptyNamespace(t *testing.T) {
	env := newEnvironment(t)
	empty := controlplane.Namespace(t)
	r := env.run("status", "--namespace", empty)
	if r.code != 0 || !strings.Contains(r.out, "has no ClerkInstance and no ClerkUser") {
		t.Errorf("an empty namespace: %+v", r)
	}
}

func TestStatusForATenant(t *testing.T) {
	env := newEnvironment(t)
	env.lead(time.Now())
	env.start()
	env.create(env.user("ada"))
	env.waitFor("ada", v1alpha1.ReasonInSync)
	tenant := env.tenant(may("clerkusers"))
	r := env.run(append(tenant, "status")...)
	for _, part := range []string{"ClerkInstance " + env.namespace + "/default: you may not read it", "1 ClerkUser, 1 ready", "1 InSync",
		"Not shown: list clerkinstances in namespace " + env.namespace + " is not allowed"} {
		if r.code != 0 || !strings.Contains(r.out, part) {
			t.Errorf("%q is not in: %+v", part, r)
		}
	}
	if r := env.run(append(tenant, "status", "-A")...); r.code != 2 || !strings.Contains(r.errOut, "leave --all-namespaces out") {
		t.Errorf("all namespaces: %+v", r)
	}
}

func TestStatusWatchesUntilItsContextEnds(t *testing.T) {
	env := newRaceEnvironment(t)
	env.lead(time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &signalled{part: "--- ", times: 2, reached: cancel}
	r := env.runTo(ctx, nil, out, "status", "--watch", "--operator-namespace", env.namespace)
	if !errors.Is(ctx.Err(), context.Canceled) || r.code != 0 || r.errOut != "" {
		t.Errorf("the watch ended with %+v", r)
	}
}

// signalled is a stream that tells when a part was written to it some number of times.
type signalled struct {
	bytes.Buffer
	part    string
	times   int
	reached func()
}

func (s *signalled) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Count(s.String(), s.part) >= s.times {
		s.reached()
	}
	return n, err
}
