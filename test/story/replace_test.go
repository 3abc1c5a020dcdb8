// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// namesakeTime is how long the user of a deleted object waits for a new object of the same name.
const namesakeTime = 10 * time.Second

// shortDelay is a deletionDelay that a story waits for.
const shortDelay = time.Second

// kubectl runs kubectl with a manifest.
func (env *environment) kubectl(manifest client.Object, args ...string) {
	env.t.Helper()
	text, err := yaml.Marshal(manifest)
	if err != nil {
		env.t.Fatal(err)
	}
	path := filepath.Join(env.t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		env.t.Fatal(err)
	}
	args = append(args, "--kubeconfig", controlplane.Kubeconfig(env.t), "-f", path)
	if out, err := exec.CommandContext(env.t.Context(), controlplane.Kubectl(env.t), args...).CombinedOutput(); err != nil {
		env.t.Fatalf("kubectl %v: %v\n%s\n%s", args, err, out, env.describe())
	}
}

// pendingDeletions are those on record in the ClerkInstance.
func (env *environment) pendingDeletions() []v1alpha1.PendingDeletion {
	env.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	return instance.Status.PendingDeletions
}

// expectPendingDeletions waits until so many are on record.
func (env *environment) expectPendingDeletions(n int) {
	env.t.Helper()
	env.eventually(fmt.Sprintf("%d pending deletions", n), func() error {
		if have := env.pendingDeletions(); len(have) != n {
			return fmt.Errorf("there are %v", have)
		}
		return nil
	})
}

// passNamesakeTime lets the time pass in which a new object of the same name gets its user.
func (env *environment) passNamesakeTime(name string) {
	env.t.Helper()
	env.waitForRest()
	env.server.Clock().Advance(namesakeTime)
	env.enqueue(name)
}

// enqueue has a ClerkUser reconciled now, however long its next retry is away.
func (env *environment) enqueue(name string) {
	for _, running := range env.operators.running() {
		env.queueOf(running, userController).Add(reconcile.Request{NamespacedName: client.ObjectKey{Namespace: env.namespace, Name: name}})
	}
}

// expectNoUsers waits until Clerk has no users.
func (env *environment) expectNoUsers() {
	env.t.Helper()
	env.eventually("Clerk to have no users", func() error {
		if n := len(env.clerk.Users()); n > 0 {
			return fmt.Errorf("it has %d", n)
		}
		return nil
	})
}

// TestReplaceKeepsTheAccount deletes an object and creates it again, as kubectl replace --force and Argo CD's Force do.
func TestReplaceKeepsTheAccount(t *testing.T) {
	t.Parallel()
	username := func(s *spec) { s.EmailAddresses, s.Username = nil, ptr.To("ann_1") }
	for name, tc := range map[string]struct {
		adoption v1alpha1.AdoptionScope
		guest    bool
		declared func(*spec)
	}{
		"ByAddress":            {v1alpha1.AdoptionSameNamespace, false, func(*spec) {}},
		"ByUsername":           {v1alpha1.AdoptionSameNamespace, false, username},
		"WithoutAdoption":      {v1alpha1.AdoptionNone, false, username},
		"FromAnotherNamespace": {v1alpha1.AdoptionSameNamespace, true, username},
	} {
		t.Run(name, func(t *testing.T) {
			home := newEnvironment(t, allAdmitted(tc.adoption), withDelay(shortDelay))
			env := home
			if tc.guest {
				env = home.inOtherNamespace()
			}
			home.start()
			former := env.user("ann", env.refersTo(home), tc.declared)
			env.create(former)
			before := env.expectReason("ann", v1alpha1.ReasonInSync)
			home.clerk.ResetJournal()
			manifest := env.user("ann", env.refersTo(home), tc.declared, func(s *spec) { s.FirstName = ptr.To("Ann") })
			manifest.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClerkUser"}
			env.kubectl(manifest, "replace", "--force")
			after := env.expectReason("ann", v1alpha1.ReasonInSync)
			if after.UID == before.UID || after.Status.UserID != before.Status.UserID || after.Status.Origin != v1alpha1.OriginCreated {
				t.Errorf("the object was %s with user %s, and is %s with user %s (%s)",
					before.UID, before.Status.UserID, after.UID, after.Status.UserID, after.Status.Origin)
			}
			if u := env.atClerk("ann"); u.FirstName == nil || *u.FirstName != "Ann" {
				t.Errorf("the user at Clerk is %+v", u)
			}
			env.expectOwnerMark(after.Status.UserID, "ann")
			env.expectNoAccountLost(map[string]string{"ann": before.Status.UserID})
			home.expectPendingDeletions(0)
			env.expectNoWrites()
		})
	}
}

// letGo deletes an object and waits until it is gone and its user is about to be removed.
func (env *environment) letGo(name string) {
	env.t.Helper()
	env.delete(env.read(name))
	env.expectGone(name)
	env.expectPendingDeletions(1)
}

// TestOperatorIsKilledDuringADeletion kills the operator in each phase of a deletion with a delay.
func TestOperatorIsKilledDuringADeletion(t *testing.T) {
	t.Parallel()
	const held = "example.com/held"
	for name, kill := range map[string]func(env *environment){
		"WhilePending": func(env *environment) {
			env.delete(env.read("ann"))
			env.expectReason("ann", v1alpha1.ReasonDeletionPending)
			env.crash()
			env.start()
			env.expectGone("ann")
			env.expectPendingDeletions(1)
			env.passNamesakeTime("ann")
		},
		"OnRecordAndStillThere": func(env *environment) {
			env.setFinalizers("ann", v1alpha1.Finalizer, held)
			env.delete(env.read("ann"))
			env.expectPendingDeletions(1)
			env.crash()
			env.start()
			env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
			env.passNamesakeTime("ann")
			env.waitForRest()
			env.expectUsers(1)
			env.setFinalizers("ann")
			env.expectGone("ann")
			env.passNamesakeTime("ann")
		},
		"BeforeTheCall": func(env *environment) {
			env.letGo("ann")
			env.crash()
			// The next process finds the record by itself, and waits for a namesake once more.
			env.start()
		},
		"AfterTheCall": func(env *environment) {
			env.letGo("ann")
			env.haltAfterCall("DELETE", "/users/*", func() { env.passNamesakeTime("ann") })
			env.server.Clock().Advance(2 * lagTime)
			env.start()
			env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
			env.passNamesakeTime("ann")
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(2*time.Second))
			env.create(env.user("ann"))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			kill(env)
			env.expectNoUsers()
			env.expectPendingDeletions(0)
			env.expectNoWrites()
		})
	}
}

// TestPendingDeletionHoldsTheInstance deletes the ClerkInstance, and its Secret, after the object.
func TestPendingDeletionHoldsTheInstance(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay))
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.letGo("ann")
	env.delete(env.instance())
	env.delete(env.secret(""))
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.passNamesakeTime("ann")
	env.expectNoUsers()
	env.expectEvent("ann", v1alpha1.EventDeleted)
	env.expectEmptyNamespace()
}

// TestPendingDeletionIsBlocked has Clerk refuse the key, and the deletion, after the object is gone.
func TestPendingDeletionIsBlocked(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(env *environment) (undo func()){
		"ByTheKey": func(env *environment) func() {
			key := env.clerk.Key()
			env.clerk.RevokeKey(key)
			return func() { env.clerk.AddKey(key) }
		},
		"ByADirectory": func(env *environment) func() {
			id := env.clerk.Users()[0].ID
			edit := func(d *emulator.Directory) {
				if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Directory = d }); err != nil {
					env.t.Fatal(err)
				}
			}
			edit(&emulator.Directory{})
			return func() { edit(nil) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(shortDelay))
			env.create(env.user("ann"))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.letGo("ann")
			undo := refuse(env)
			env.passNamesakeTime("ann")
			env.expectEvent("default", v1alpha1.ReasonDeletionBlocked)
			env.expectUsers(1)
			undo()
			env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
			env.server.Clock().Advance(5 * time.Minute)
			env.passNamesakeTime("ann")
			env.expectNoUsers()
			env.expectPendingDeletions(0)
		})
	}
}

// TestPendingDeletionIsNotCarriedOut changes after the object is gone what the operator wants to do.
func TestPendingDeletionIsNotCarriedOut(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(env *environment){
		"DeniedByTheInstance": func(env *environment) {
			env.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
			env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
		},
		"WithoutTheMark": func(env *environment) {
			if _, err := env.clerk.Edit(env.clerk.Users()[0].ID, func(u *emulator.User) { delete(u.PrivateMetadata, v1alpha1.OwnerKey) }); err != nil {
				env.t.Fatal(err)
			}
		},
		"ForgedPolicy": func(env *environment) {
			env.patchInstanceStatus(func(s *v1alpha1.ClerkInstanceStatus) { s.PendingDeletions[0].Policy = v1alpha1.DeletionBan })
		},
		"DeclaredByAnotherObject": func(env *environment) {
			env.create(env.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
		},
		"TakenOffTheRecord": func(env *environment) {
			env.patchInstanceStatus(func(s *v1alpha1.ClerkInstanceStatus) { s.PendingDeletions = nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(shortDelay))
			env.create(env.user("ann"))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.letGo("ann")
			change(env)
			env.passNamesakeTime("ann")
			env.expectPendingDeletions(0)
			env.expectUsers(1)
			if u := env.clerk.Users()[0]; u.Banned {
				t.Error("the user is banned")
			}
			if name == "DeclaredByAnotherObject" {
				env.expectReason("ann-lee", v1alpha1.ReasonInSync)
			}
			env.expectNoWrites()
		})
	}
}

// patchInstanceStatus changes the status of the ClerkInstance.
func (env *environment) patchInstanceStatus(change func(*v1alpha1.ClerkInstanceStatus)) {
	env.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	before := instance.DeepCopy()
	change(&instance.Status)
	if err := env.client.Status().Patch(env.t.Context(), instance, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
}

// TestBrakeHoldsDelayedDeletions shows that an object which the brake holds stays, and what a delayed deletion costs.
func TestBrakeHoldsDelayedDeletions(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay), func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: time.Hour}}
	})
	ids := env.manyUsers(2)
	env.clerk.ResetJournal()
	env.delete(env.read("user0"))
	env.expectGone("user0")
	env.delete(env.read("user1"))
	env.expectReason("user1", v1alpha1.ReasonDeletionHeld)
	env.passNamesakeTime("user0")
	env.expectPendingDeletions(0)
	env.expectCalls(1, "GET", "/users/"+ids["user0"])
	env.expectCalls(1, "DELETE", "/users/"+ids["user0"])
	env.expectUsers(1)
	env.expectNoWrites()
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
	})
	env.expectGone("user1")
	env.passNamesakeTime("user1")
	env.expectNoUsers()
	env.expectPendingDeletions(0)
	env.expectNoWrites()
}

// TestNamespaceGoesInSpiteOfTheDelay deletes a namespace with a delay for its users.
func TestNamespaceGoesInSpiteOfTheDelay(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay))
	controlplane.ControllerManager(t)
	env.manyUsers(2)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: env.namespace}}
	env.delete(namespace)
	env.eventually("the namespace to go", func() error {
		return client.IgnoreNotFound(ifFound(env.client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)))
	})
	env.expectUsers(0)
}
