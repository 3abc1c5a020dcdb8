// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plugin/why"
)

// edit changes the spec of a ClerkUser.
func (env *environment) edit(name string, change func(*v1alpha1.ClerkUserSpec)) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	change(&user.Spec)
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatalf("changing ClerkUser %s: %v", name, err)
	}
}

// why runs the command and checks that its answer has all these texts, for people and for programs alike.
func (env *environment) why(argument string, texts ...string) why.Report {
	env.t.Helper()
	r := env.run("why", argument)
	if r.code != 0 || r.errOut != "" {
		env.t.Fatalf("why %s: exit code %d: %s", argument, r.code, r.errOut)
	}
	// Lines are broken where they are long.
	said := strings.Join(strings.Fields(r.out), " ")
	for _, text := range texts {
		if text = strings.ReplaceAll(text, "NAMESPACE", env.namespace); !strings.Contains(said, text) {
			env.t.Errorf("why %s lacks %q:\n%s", argument, text, r.out)
		}
	}
	var report why.Report
	env.run("why", argument, "-o", "json").decode(env, &report)
	return report
}

// states are the states of a ClerkUser that TestWhy explains: how to bring it about, and what the answer has.
func whyStates() map[string]struct {
	bring func(env *environment)
	texts []string
} {
	type state = struct {
		bring func(env *environment)
		texts []string
	}
	secret := &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "later", Key: "password"}}
	return map[string]state{
		"InSync": {
			func(env *environment) { env.create(env.user("ann")); env.waitFor("ann", v1alpha1.ReasonInSync) },
			[]string{
				"ClerkUser NAMESPACE/ann: InSync", "Ready is True since", "whom the operator created", "The operator last changed the user",
				"The operator reads Clerk's latest changes once per 1s, and all users once per 60m.", "Events, newest first", "Normal Created: created user user_",
				`grep -E '"audit":true.*("namespace":"NAMESPACE","name":"ann"|"clerkUserID":"user_`,
			},
		},
		"RejectedByClerk": {
			func(env *environment) {
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Username = ptr.To("a") }))
				env.waitFor("ann", v1alpha1.ReasonRejectedByClerk)
			},
			[]string{
				"ClerkUser NAMESPACE/ann: RejectedByClerk", "form_username_invalid_length", "Next try: After 5 minutes",
				"The object is not bound to a user yet.", "kubectl edit clerkuser -n NAMESPACE ann",
				"kubectl annotate clerkuser -n NAMESPACE ann --overwrite clerk-operator.io/reconcile-requested-at=",
			},
		},
		"SecretNotFound": {
			func(env *environment) {
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Password = secret }))
				env.waitForReady("ann", v1alpha1.ReasonSecretNotFound)
			},
			[]string{
				"ClerkUser NAMESPACE/ann: SecretNotFound", "Message: spec.password.secretKeyRef: Secret later does not exist",
				"Every 2 s at first", "kubectl get secrets -n NAMESPACE",
			},
		},
		"InstanceNotReady": {
			func(env *environment) {
				broken := env.instance("broken")
				broken.Spec.SecretKeyRef.Name = "nowhere"
				env.create(broken)
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "broken"} }))
				env.waitForReady("ann", v1alpha1.ReasonInstanceNotReady)
			},
			[]string{
				"ClerkUser NAMESPACE/ann: InstanceNotReady", "Cause: ClerkInstance NAMESPACE/broken: SecretNotFound",
				"Message: Secret nowhere does not exist in namespace NAMESPACE; create it with the secret key in entry secret-key",
				"kubectl create secret generic nowhere -n NAMESPACE --from-file=secret-key=/dev/stdin",
			},
		},
		"InstanceNotFound": {
			func(env *environment) {
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "none"} }))
				env.waitForReady("ann", v1alpha1.ReasonInstanceNotFound)
			},
			[]string{"ClerkUser NAMESPACE/ann: InstanceNotFound", "ClerkInstance NAMESPACE/none does not exist", "kubectl get clerkinstances -A"},
		},
		"Conflict": {
			func(env *environment) {
				env.create(env.user("bob"))
				env.waitFor("bob", v1alpha1.ReasonInSync)
				id := env.read("bob").Status.UserID
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.UserID = &id }))
				env.eventually("a conflict", func() error {
					reason := env.readyReason("ann")
					if reason != v1alpha1.ReasonConflict && reason != v1alpha1.ReasonWaitingForDeletion {
						return fmt.Errorf("the reason is %q", reason)
					}
					return nil
				})
			},
			[]string{"ClerkUser bob of this namespace manages the user with the same spec.userID", "kubectl get clerkuser -n NAMESPACE bob -o wide", "Cause: ClerkUser NAMESPACE/bob: InSync"},
		},
		"Suspended": {
			func(env *environment) {
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Username = ptr.To("a") }))
				env.waitFor("ann", v1alpha1.ReasonRejectedByClerk)
				env.edit("ann", func(s *v1alpha1.ClerkUserSpec) { s.Suspend = ptr.To(true) })
				env.waitForCondition("ann", v1alpha1.ConditionSuspended)
			},
			[]string{"ClerkUser NAMESPACE/ann: Suspended", "the last result was RejectedByClerk", `-p '{"spec":{"suspend":null}}'`},
		},
		"Observed": {
			func(env *environment) {
				id := env.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}}).ID
				env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) {
					s.UserID, s.Mode, s.FirstName = &id, ptr.To(v1alpha1.ModeObserve), ptr.To("Ann")
				}))
				env.waitFor("ann", v1alpha1.ReasonObserved)
			},
			[]string{
				"ClerkUser NAMESPACE/ann: Observed", "The mode is Observe", "These fields differ at Clerk: firstName", `-p '{"spec":{"mode":"Enforce"}}'`,
			},
		},
	}
}

func TestWhy(t *testing.T) {
	for name, tc := range whyStates() {
		t.Run(name, func(t *testing.T) {
			env := newRaceEnvironment(t)
			env.start()
			tc.bring(env)
			report := env.why("ann", tc.texts...)
			if report.Kind != "ClerkUser" || report.Namespace != env.namespace || len(report.Findings) == 0 || len(report.NotShown) > 0 {
				t.Errorf("the report is %+v", report)
			}
		})
	}
}

// waitForCondition waits until a condition of a ClerkUser is True.
func (env *environment) waitForCondition(name, condition string) {
	env.t.Helper()
	env.eventually(condition+" of "+name, func() error {
		for _, c := range env.read(name).Status.Conditions {
			if c.Type == condition && c.Status == metav1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("its conditions are %+v", env.read(name).Status.Conditions)
	})
}

// readyReason is the reason of Ready of a ClerkUser; "" if it has none.
func (env *environment) readyReason(name string) string {
	for _, c := range env.read(name).Status.Conditions {
		if c.Type == v1alpha1.ConditionReady {
			return c.Reason
		}
	}
	return ""
}

// waitForReady waits until Ready of a ClerkUser has a reason that is not final for the generation.
func (env *environment) waitForReady(name, reason string) {
	env.t.Helper()
	env.eventually("ClerkUser "+name, func() error {
		if got := env.readyReason(name); got != reason {
			return fmt.Errorf("the reason is %q, want %s", got, reason)
		}
		return nil
	})
}

// TestWhyWhileAUserIsHeld explains a deletion that the brake holds, and one that is refused.
func TestWhyWhileAUserIsHeld(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: 100 * time.Hour}}
	})
	env.start()
	for _, name := range []string{"bob", "ann"} {
		env.create(env.user(name))
		env.waitFor(name, v1alpha1.ReasonInSync)
	}
	for _, name := range []string{"bob", "ann"} {
		if err := env.client.Delete(env.t.Context(), env.read(name)); err != nil {
			t.Fatal(err)
		}
		if name == "bob" {
			env.eventually("bob to be gone", func() error {
				if err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "bob"}, &v1alpha1.ClerkUser{}); err == nil {
					return fmt.Errorf("it is there")
				}
				return nil
			})
		}
	}
	env.waitForReady("ann", v1alpha1.ReasonDeletionHeld)
	env.eventually("the counts of the instance", func() error {
		i := &v1alpha1.ClerkInstance{}
		if err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "default"}, i); err != nil || i.Status.HeldDeletions == 0 {
			return fmt.Errorf("%d held, %w", i.Status.HeldDeletions, err)
		}
		return nil
	})
	env.why("ann", "ClerkUser NAMESPACE/ann: DeletionHeld", "The object is being deleted. The deletion policy is Delete.",
		"kubectl annotate clerkinstance -n NAMESPACE default --overwrite clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)",
		"Cause: ClerkInstance NAMESPACE/default: KeyAccepted", "The deletion brake counted 1 of 1.", "1 ClerkUser waits for the deletion brake.")
}

// TestWhyWithoutTheOperator explains objects that nobody reconciles: one without status, and one whose spec changed.
func TestWhyWithoutTheOperator(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("new"))
	env.why("new", "ClerkUser NAMESPACE/new: no conditions", "Wait: the object was just created.", "There is no Lease clerk-operator-system/clerk-operator",
		"Cause: ClerkInstance NAMESPACE/default: no conditions")
	stop := env.start()
	env.create(env.user("ann"))
	env.waitFor("ann", v1alpha1.ReasonInSync)
	stop()
	env.edit("ann", func(s *v1alpha1.ClerkUserSpec) { s.FirstName = ptr.To("Ann") })
	report := env.why("ann", "The present spec (generation 2) has no final result yet. The last one is that of generation 1.",
		"it describes the former spec", "What to do: Check that the operator runs. kubectl get pods -n clerk-operator-system")
	if !report.Findings[0].Former {
		t.Errorf("the finding is %+v", report.Findings[0])
	}
}

func TestWhyOfOtherKinds(t *testing.T) {
	env := newEnvironment(t)
	env.start()
	env.create(&v1alpha1.ClerkUserAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "early"},
		Spec: v1alpha1.ClerkUserActionSpec{
			UserRef:        v1alpha1.UserReference{Name: "ann"},
			VerifyPassword: &v1alpha1.SecretValue{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "later", Key: "password"}},
		},
	})
	env.eventually("the action to wait", func() error {
		if report := env.why("cua/early"); report.Findings[0].Reason != v1alpha1.ReasonUserNotFound {
			return fmt.Errorf("the reason is %s", report.Findings[0].Reason)
		}
		return nil
	})
	env.why("cua/early", "ClerkUserAction NAMESPACE/early: UserNotFound", "The action is verifyPassword on the user of ClerkUser ann.",
		"There is no ClerkUser NAMESPACE/ann.", "kubectl get clerkusers -n NAMESPACE")
	env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Suspend = ptr.To(true) }))
	env.waitForCondition("ann", v1alpha1.ConditionSuspended)
	env.eventually("the action to see the suspension", func() error {
		if report := env.why("clerkuseraction/early"); report.Findings[0].Reason != v1alpha1.ReasonSuspended {
			return fmt.Errorf("the reason is %s", report.Findings[0].Reason)
		}
		return nil
	})
	env.why("clerkuseraction/early", "Cause: ClerkUser NAMESPACE/ann: Suspended")
	env.why("ann", "Unfinished action: ClerkUserAction NAMESPACE/early: Suspended")
	env.why("clerkinstance/default", "ClerkInstance NAMESPACE/default: KeyAccepted", "It leads to Clerk instance ins_", "(production)")
}

func TestWhyOfWhatDoesNotExist(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ada-lovelace"))
	elsewhere := env.user("grace")
	elsewhere.Namespace = "default"
	elsewhere.Name = "grace-" + env.namespace
	env.create(elsewhere)
	t.Cleanup(func() { _ = env.client.Delete(context.Background(), elsewhere) })
	bound := env.read("ada-lovelace")
	bound.Status.UserID = "user_2abc"
	if err := env.client.Status().Update(t.Context(), bound); err != nil {
		t.Fatal(err)
	}
	for argument, want := range map[string]string{
		"ada-lovelase": "there is no ClerkUser ada-lovelase in namespace " + env.namespace + "; did you mean ada-lovelace?",
		elsewhere.Name: "there is one in namespace default (use -n)",
		"user_2abc": "this is the user of ClerkUser ada-lovelace in namespace " + env.namespace +
			", see: kubectl clerk why ada-lovelace -n " + env.namespace + "\n",
		"user_2abd":            "there is no ClerkUser user_2abd in namespace " + env.namespace + "\n",
		"zzz":                  "there is no ClerkUser zzz in namespace " + env.namespace + "\n",
		"clerkinstance/defalt": "did you mean default?",
		"pod/ann":              `there is no kind "pod"`,
		"clerkuser/":           `"clerkuser/" has no name; write KIND/NAME`,
	} {
		if r := env.run("why", argument); r.code != 2 || !strings.Contains(r.errOut, want) || r.out != "" {
			t.Errorf("why %s: exit code %d, %q, want %q", argument, r.code, r.errOut, want)
		}
	}
}

// TestWhyWithFewRights runs as somebody who may read ClerkUsers and nothing else.
func TestWhyWithFewRights(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ann"))
	tenant := env.tenant(may("clerkusers"))
	r := env.run(append(tenant, "why", "ann")...)
	for _, want := range []string{
		"ClerkUser " + env.namespace + "/ann: no conditions", "Not shown", "get clerkinstances default in namespace " + env.namespace + " is not allowed",
		"list events.events.k8s.io in namespace " + env.namespace + " is not allowed", "list clerkuseractions", "whether the operator runs: get leases",
	} {
		if !strings.Contains(strings.Join(strings.Fields(r.out), " "), want) || r.code != 0 {
			t.Errorf("exit code %d; the answer lacks %q:\n%s%s", r.code, want, r.out, r.errOut)
		}
	}
	r = env.run(append(tenant, "why", "clerkinstance/default")...)
	if want := "get clerkinstances default in namespace " + env.namespace + " is not allowed"; r.code != 2 || !strings.Contains(r.errOut, want) {
		t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
	}
	r = env.run(append(tenant, "why", "bob")...)
	if want := "there is no ClerkUser bob in namespace"; r.code != 2 || !strings.Contains(r.errOut, want) {
		t.Errorf("exit code %d, %q; want %q", r.code, r.errOut, want)
	}
}

// TestWhyDoesNotPaintTheTerminal has control characters in what others wrote.
func TestWhyDoesNotPaintTheTerminal(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ann"))
	user := env.read("ann")
	user.Status.Conditions = []metav1.Condition{{
		Type: "Ready", Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonRejectedByClerk, LastTransitionTime: metav1.Now(),
		Message: "spec.username: clerk answered 422 \x1b[2Jx: \u202etext\r\n  InSync. What",
	}}
	user.Status.PendingChanges = []string{"publicMetadata\x1b[31m"}
	if err := env.client.Status().Update(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	r := env.run("why", "ann")
	if strings.ContainsAny(r.out, "\x1b\r\u202e") || !strings.Contains(r.out, "�[2Jx") {
		t.Errorf("the answer is %q", r.out)
	}
}

// TestWhyCompletes completes names of all kinds.
func TestWhyCompletes(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ada"))
	env.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "other"}})
	for typed, want := range map[string]string{"a": "ada\n", "clerkinstance/": "clerkinstance/default\n", "pod/": ":4"} {
		if r := env.run("__complete", "why", typed); !strings.HasPrefix(r.out, want) {
			t.Errorf("completions of %q: %q, want %q", typed, r.out, want)
		}
	}
}
