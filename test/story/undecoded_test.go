// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestStoredValuesThatDoNotDecode is about objects that another CustomResourceDefinition let in, or that somebody wrote into
// status: each hurts itself only, says what is wrong with it, and can be corrected and deleted.
func TestStoredValuesThatDoNotDecode(t *testing.T) {
	t.Parallel()
	plane := ownPlane(t, withoutRules(t))
	stored := storedEarlier(t, plane.Config())
	t.Run("WithoutRules", func(t *testing.T) {
		for name, story := range map[string]func(*testing.T, *rest.Config){
			"OthersGoOn":          othersGoOn,
			"Removal":             removalOfUndecoded,
			"UndecodedPolicies":   undecodedPolicies,
			"RecordsAreKept":      recordsAreKept,
			"RecordIsMadeAnew":    recordIsMadeAnew,
			"StatusIsWrittenAnew": statusIsWrittenAnew,
			"Instance":            undecodedInstance,
			"Action":              undecodedAction,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); story(t, plane.Config()) })
		}
	})
	installDefinitions(t, plane.Config())
	t.Run("UnderTodaysRules", stored)
}

// withoutRules returns a directory of CustomResourceDefinitions that let anything in.
func withoutRules(t *testing.T) string {
	t.Helper()
	bases := definitionsDir(t)
	files, err := filepath.Glob(filepath.Join(bases, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			t.Fatal(err)
		}
		crd.Spec.Versions[0].SelectableFields = nil
		crd.Spec.Versions[0].Schema.OpenAPIV3Schema = &apiextensionsv1.JSONSchemaProps{
			Type: "object", XPreserveUnknownFields: ptr.To(true),
		}
		if text, err = yaml.Marshal(crd); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(file)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newEnvironmentOnServer makes an environment in a new namespace of an API server of its own.
func newEnvironmentOnServer(t *testing.T, config *rest.Config, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "undecoded-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return newEnvironmentIn(t, config, namespace.Name, change...)
}

// store creates an object of a kind as its text says.
func (env *environment) store(kind, name, fields string) {
	env.t.Helper()
	u := &unstructured.Unstructured{}
	text := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"namespace":%q,"name":%q},%s`,
		v1alpha1.GroupVersion.String(), kind, env.namespace, name, fields[1:])
	if err := u.UnmarshalJSON([]byte(text)); err != nil {
		env.t.Fatal(err)
	}
	env.create(u)
}

// patch merges a text into an object.
func (env *environment) patch(o client.Object, name, text string) {
	env.t.Helper()
	o.SetNamespace(env.namespace)
	o.SetName(name)
	if err := env.client.Patch(env.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(text))); err != nil {
		env.t.Fatalf("patching %T %s: %v", o, name, err)
	}
}

// patchStatus merges a text into the status of an object.
func (env *environment) patchStatus(o client.Object, name, status string) {
	env.t.Helper()
	o.SetNamespace(env.namespace)
	o.SetName(name)
	text := []byte(`{"status":` + status + `}`)
	if err := env.client.Status().Patch(env.t.Context(), o, client.RawPatch(types.MergePatchType, text)); err != nil {
		env.t.Fatalf("patching the status of %T %s: %v", o, name, err)
	}
}

// stored returns an object as it is stored.
func (env *environment) stored(kind, name string) map[string]any {
	env.t.Helper()
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	env.get(u, name)
	return u.Object
}

// badTime is a spec that the date-time format once let in.
func badTime(name string) string {
	return fmt.Sprintf(`{"spec":{"emailAddresses":[{"address":%q}],"initial":{"createdAt":"2024-02-29T12:00:00z"}}}`, address(name))
}

func othersGoOn(t *testing.T, config *rest.Config) {
	all := func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	}
	env := newEnvironmentOnServer(t, config, all)
	neighbour := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: env.namespace + "-neighbour"}}
	env.create(neighbour)
	env.watched = append(env.watched, neighbour.Name)
	env.create(env.user("before"))
	env.start()
	env.expectReason("before", v1alpha1.ReasonInSync)
	env.store("ClerkUser", "bad", badTime("bad"))
	bad := env.expectReason("bad", v1alpha1.ReasonInvalidSpec)
	env.expectMessage(bad, "spec.initial.createdAt", "kubectl explain clerkuser.spec.initial.createdAt")
	env.restart()
	env.create(env.user("after"))
	env.expectReason("after", v1alpha1.ReasonInSync)
	env.edit("before", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("before", v1alpha1.ReasonInSync)
	elsewhere := env.user("elsewhere", env.refersTo(env))
	elsewhere.Namespace = neighbour.Name
	env.create(elsewhere)
	env.eventually("the neighbour's user to be created", func() error {
		err := env.client.Get(t.Context(), client.ObjectKeyFromObject(elsewhere), elsewhere)
		if err == nil && elsewhere.Status.UserID == "" {
			err = fmt.Errorf("status is %+v", elsewhere.Status)
		}
		return err
	})
	env.expectCalls(3, "POST", "/users")
	env.expectNoWrites()
	env.patch(&v1alpha1.ClerkUser{}, "bad", `{"spec":{"initial":{"createdAt":"2024-02-29T12:00:00Z"}}}`)
	env.expectReason("bad", v1alpha1.ReasonInSync)
	if got := env.atClerk("bad").CreatedAt; got != 1709208000000 {
		t.Errorf("the user was created at %d", got)
	}
	env.expectNoWrites()
}

func removalOfUndecoded(t *testing.T, config *rest.Config) {
	env := newEnvironmentOnServer(t, config)
	env.start()
	env.store("ClerkUser", "unbound", badTime("unbound"))
	env.expectReason("unbound", v1alpha1.ReasonInvalidSpec)
	env.patch(&v1alpha1.ClerkUser{}, "unbound", fmt.Sprintf(`{"metadata":{"finalizers":[%q]}}`, v1alpha1.Finalizer))
	env.create(env.user("bound"))
	id := env.expectReason("bound", v1alpha1.ReasonInSync).Status.UserID
	env.patch(&v1alpha1.ClerkUser{}, "bound", `{"spec":{"banned":"no","phoneNumbers":[{"number":7}]}}`)
	bound := env.expectReason("bound", v1alpha1.ReasonInvalidSpec)
	env.expectMessage(bound, "spec.phoneNumbers[0].number, spec.banned")
	if bound.Status.UserID != id || bound.Status.Binding == "" {
		t.Errorf("the binding was lost: %+v", bound.Status)
	}
	env.expectNoWrites()
	for _, name := range []string{"unbound", "bound"} {
		env.delete(env.read(name))
		env.expectGone(name)
	}
	if env.clerk.User(id) != nil {
		t.Error("the user was left behind")
	}
	env.expectCalls(1, "POST", "/users")
}

// undecodedPolicies shows that what decides about a user at its removal is not guessed.
func undecodedPolicies(t *testing.T, config *rest.Config) {
	for field, broken := range map[string]string{
		"deletionPolicy": `"retain"`, "suspend": `"true"`, "mode": `"observe"`, "instanceRef": `"default"`,
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			env := newEnvironmentOnServer(t, config)
			env.create(env.user("ann"))
			env.start()
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			env.patch(&v1alpha1.ClerkUser{}, "ann", fmt.Sprintf(`{"spec":{%q:%s}}`, field, broken))
			env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
			env.delete(env.read("ann"))
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonDeletionBlocked), "spec."+field, "set spec.deletionPolicy to Retain")
			env.expectNoWrites()
			env.patch(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"deletionPolicy":"Retain"}}`)
			env.expectGone("ann")
			if env.clerk.User(id) == nil {
				t.Error("the user was deleted although nobody said so")
			}
			env.expectCalls(0, "DELETE", "/users/*")
		})
	}
}

// recordsAreKept shows that a record that cannot be read is neither overwritten nor taken for one that is not there.
func recordsAreKept(t *testing.T, config *rest.Config) {
	for field, broken := range map[string]string{
		"userID": `7`, "origin": `"Inherited"`, "instance": `{"id":["ins"]}`, "applied": `{"metadata":["/a",{}]}`,
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			env := newEnvironmentOnServer(t, config)
			env.create(env.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
			env.start()
			env.expectReason("ann", v1alpha1.ReasonInSync)
			good := env.stored("ClerkUser", "ann")
			env.patchStatus(&v1alpha1.ClerkUser{}, "ann", fmt.Sprintf(`{%q:%s}`, field, broken))
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidStatus), "status."+field, "--subresource=status")
			env.restart()
			env.edit("ann", func(s *spec) { s.PublicMetadata, s.FirstName = nil, ptr.To("Ann") })
			env.expectReason("ann", v1alpha1.ReasonInvalidStatus)
			env.expectNoWrites()
			env.expectCalls(1, "POST", "/users")
			env.expectCalls(0, "PATCH", "/users/**")
			for _, other := range []string{"userID", "origin", "instance", "binding", "applied"} {
				was, _, _ := unstructured.NestedFieldNoCopy(good, "status", other)
				is, _, _ := unstructured.NestedFieldNoCopy(env.stored("ClerkUser", "ann"), "status", other)
				if other != field && fmt.Sprint(was) != fmt.Sprint(is) {
					t.Errorf("status.%s was %v and is %v", other, was, is)
				}
			}
			restored, _, _ := unstructured.NestedFieldNoCopy(good, "status", field)
			u := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{field: restored}}}
			u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ClerkUser"))
			text, err := runtime.Encode(unstructured.UnstructuredJSONScheme, u)
			if err != nil {
				t.Fatal(err)
			}
			status := string(text[strings.Index(string(text), `"status":`)+len(`"status":`) : len(text)-2])
			env.patchStatus(&v1alpha1.ClerkUser{}, "ann", status)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			if u := env.atClerk("ann"); u.PublicMetadata["role"] != nil || *u.FirstName != "Ann" {
				t.Errorf("the user at Clerk is %+v", u)
			}
			env.expectNoWrites()
		})
	}
}

// recordIsMadeAnew shows that the remedy in the message does not lead to a second user.
func recordIsMadeAnew(t *testing.T, config *rest.Config) {
	env := newEnvironmentOnServer(t, config)
	env.create(env.user("ann"))
	env.start()
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"userID":["user"]}`)
	env.expectReason("ann", v1alpha1.ReasonInvalidStatus)
	env.restart()
	env.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"userID":null}`)
	if now := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID; now != id {
		t.Errorf("the object was bound to %s and is bound to %s", id, now)
	}
	if n := len(env.clerk.Users()); n != 1 {
		t.Errorf("there are %d users at Clerk", n)
	}
	env.expectNoWrites()
}

// statusIsWrittenAnew shows that what is found out again replaces what did not decode.
func statusIsWrittenAnew(t *testing.T, config *rest.Config) {
	env := newEnvironmentOnServer(t, config)
	env.create(env.user("ann", func(s *spec) { s.Locked = ptr.To(false) }))
	env.start()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"observedGeneration":"many","lockExpiresAt":"soon","locked":"no",
		"organizationMembershipCount":"x","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"now"},{"type":7}]}`)
	env.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"users":"many","conditions":"none"}`)
	env.eventually("status to be written anew", func() error {
		for kind, name := range map[string]string{"ClerkUser": "ann", "ClerkInstance": "default"} {
			text := fmt.Sprint(env.stored(kind, name)["status"])
			for _, broken := range []string{"many", "soon", ":now", "type:7", "none", "MembershipCount", "locked:no"} {
				if strings.Contains(text, broken) {
					return fmt.Errorf("the status of the %s still holds %s: %s", kind, broken, text)
				}
			}
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectCalls(0, "POST", "/users/*/unlock")
	env.expectNoWrites()
}

func undecodedInstance(t *testing.T, config *rest.Config) {
	env := newEnvironmentOnServer(t, config)
	env.create(env.user("ann"))
	env.start()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	for fields, names := range map[string]string{
		`{"spec":{"drift":{"interval":"1 day"}}}`:                                                    "spec.drift.interval",
		`{"spec":{"drift":null,"policy":{"deletion":"deny"}}}`:                                       "spec.policy.deletion",
		`{"spec":{"drift":null,"policy":null,"allowedNamespaces":{"from":"all"},"secretKeyRef":[]}}`: "spec.secretKeyRef",
	} {
		env.patch(&v1alpha1.ClerkInstance{}, "default", fields)
		env.expectInstanceReason(v1alpha1.ReasonInvalidSpec)
		env.eventually("ann to name "+names, func() error {
			user := env.expectReason("ann", v1alpha1.ReasonInstanceNotReady)
			ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
			if !strings.Contains(ready.Message, names) {
				return errors.New(ready.Message)
			}
			return nil
		})
	}
	env.patch(&v1alpha1.ClerkInstance{}, "default",
		`{"spec":{"drift":{"interval":"1s"},"policy":null,"allowedNamespaces":null,"secretKeyRef":{"name":"clerk"}}}`)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"deletions":{"since":"today","count":9}}`)
	env.expectInstanceReason(v1alpha1.ReasonInvalidStatus)
	env.delete(env.read("ann"))
	env.expectReason("ann", v1alpha1.ReasonDeletionBlocked)
	env.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"deletions":null}`)
	env.expectGone("ann")
	env.patch(&v1alpha1.ClerkInstance{}, "default", `{"spec":{"secretKeyRef":7}}`)
	env.expectInstanceReason(v1alpha1.ReasonInvalidSpec)
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	env.delete(instance)
	env.eventually("the ClerkInstance to be gone and its Secret to be free", func() error {
		if err := env.client.Get(t.Context(), client.ObjectKeyFromObject(instance), instance); err == nil {
			return fmt.Errorf("it is still there: %+v", instance.Status)
		}
		secret := &corev1.Secret{}
		env.get(secret, "clerk")
		if len(secret.Finalizers) > 0 {
			return fmt.Errorf("the Secret has finalizers %v", secret.Finalizers)
		}
		return nil
	})
}

func undecodedAction(t *testing.T, config *rest.Config) {
	env := newEnvironmentOnServer(t, config, allowsAll)
	env.create(env.user("ann"))
	env.start()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.store("ClerkUserAction", "spec", `{"spec":{"userRef":{"name":"ann"},"verifyTOTP":{"secretKeyRef":"codes"}}}`)
	env.expectFailed("spec", v1alpha1.ReasonInvalidSpec, "spec.verifyTOTP.secretKeyRef", "create another")
	// One that waits for its user, so that its status can be changed before it begins.
	for name, status := range map[string]string{"start": `{"startedAt":"just now"}`, "end": `{"conditions":[{"type":"Complete","status":true}]}`} {
		env.runAction(name, "eve", func(s *actionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} })
		env.expectCondition(name, v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotFound)
		env.patchStatus(&action{}, name, status)
		env.expectFailed(name, v1alpha1.ReasonOutcomeUnknown, "status.", "status.twoFactorEnabled")
	}
	env.create(env.user("eve"))
	env.expectReason("eve", v1alpha1.ReasonInSync)
	env.expectCalls(0, "DELETE", "/users/*/mfa")
	env.patch(&v1alpha1.ClerkUser{}, "eve", `{"spec":{"suspend":"yes"}}`)
	env.runAction("waits", "eve", func(s *actionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} })
	env.expectCondition("waits", v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotBound)
	env.patch(&v1alpha1.ClerkUser{}, "eve", `{"spec":{"suspend":null}}`)
	env.expectComplete("waits")
	env.expectNoWrites()
}

// repeatEventsWithoutRight runs the operator without the right to patch events, while it repeats one about an object whose status
// cannot be written.
func repeatEventsWithoutRight(env *environment) {
	env.t.Helper()
	shipped := shippedAccount(env.t)
	for _, right := range shipped.Rights() {
		if !isToPatchEvents(right) {
			continue
		}
		env.runAs(shipped.Without(right).In(env.namespace))
		env.requests.mayBeRefused()
		env.start()
		env.eventually("an event to be repeated", func() error {
			if !strings.Contains(env.refused(), right.Refusal()) {
				return errNotYet
			}
			return nil
		})
		env.expectNamed(right)
		env.halt()
		env.runAs(shipped)
		return
	}
	env.t.Error("nobody has the right to patch events")
}

// storedEarlier stores objects under a CustomResourceDefinition without rules, and returns what becomes of them under today's.
func storedEarlier(t *testing.T, config *rest.Config) func(*testing.T) {
	t.Helper()
	finalizer := fmt.Sprintf(`{"metadata":{"finalizers":[%q]}}`, v1alpha1.Finalizer)
	prepare := func(env *environment) {
		env.store("ClerkUser", "fixed", badTime("fixed"))
		env.store("ClerkUser", "deleted", strings.Replace(badTime("deleted"), "00z", "00+99:99", 1))
		env.patch(&v1alpha1.ClerkUser{}, "deleted", finalizer)
		env.store("ClerkUser", "typed", `{"spec":{"username":"typed","mode":"Look","suspend":"no","password":true,"createOrganizationsLimit":1e30}}`)
		env.patch(&v1alpha1.ClerkUser{}, "typed", fmt.Sprintf(`{"metadata":{"finalizers":[%q],"annotations":{%q:%q}}}`, v1alpha1.Finalizer,
			v1alpha1.AnnotationCreating, `{"kind":"username","value":"typed","at":"2024-01-01T00:00:00Z"}`))
		env.store("ClerkUser", "wild", `{"spec":{"username":7}}`)
		env.patch(&v1alpha1.ClerkUser{}, "wild", finalizer)
		env.store("ClerkUser", "status", fmt.Sprintf(`{"spec":{"emailAddresses":[{"address":%q}]}}`, address("status")))
		env.patchStatus(&v1alpha1.ClerkUser{}, "status", `{"observedGeneration":"x","lockExpiresAt":"2024-02-29T12:00:00z","conditions":"none"}`)
		env.store("ClerkUserAction", "action", `{"spec":{"userRef":{"name":"ann"},"disableMFA":7}}`)
	}
	var namespace string
	t.Run("Store", func(t *testing.T) {
		env := newEnvironmentOnServer(t, config)
		prepare(env)
		namespace = env.namespace
		env.delete(env.instance())
		env.delete(env.secret(""))
	})
	return func(t *testing.T) {
		env := newEnvironmentIn(t, config, namespace)
		repeatEventsWithoutRight(env)
		env.start()
		env.create(env.user("ann"))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectMessage(env.expectReason("fixed", v1alpha1.ReasonInvalidSpec), "spec.initial.createdAt")
		env.expectMessage(env.expectReason("typed", v1alpha1.ReasonInvalidSpec), "spec.password, spec.createOrganizationsLimit, spec.mode, spec.suspend")
		env.expectReason("status", v1alpha1.ReasonInSync)
		env.expectEvent("action", v1alpha1.ReasonInvalidSpec)
		env.expectReason("deleted", v1alpha1.ReasonInvalidSpec)
		env.delete(env.read("deleted"))
		env.expectGone("deleted")
		env.delete(env.read("typed"))
		env.expectReason("typed", v1alpha1.ReasonDeletionBlocked)
		env.patch(&v1alpha1.ClerkUser{}, "typed", `{"spec":{"suspend":true,"mode":null}}`)
		env.expectGone("typed")
		// A rule that meets a value of another type refuses every change, also that of status. Events report it.
		env.expectEvent("wild", v1alpha1.ReasonInvalidSpec)
		env.delete(env.read("wild"))
		env.expectEvent("wild", v1alpha1.ReasonDeletionBlocked)
		env.patch(&v1alpha1.ClerkUser{}, "wild", `{"spec":{"username":"wild"}}`)
		env.expectGone("wild")
		env.expectCalls(2, "POST", "/users")
		env.patch(&v1alpha1.ClerkUser{}, "fixed", `{"spec":{"initial":{"createdAt":"2024-02-29T12:00:00Z"}}}`)
		env.expectReason("fixed", v1alpha1.ReasonInSync)
		// Each reconciliation of it fails, and is logged.
		env.delete(&v1alpha1.ClerkUserAction{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "action"}})
		env.expectNoWrites()
	}
}
