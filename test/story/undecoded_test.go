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

// TestStoredValuesThatDoNotDecode tells of objects that another CustomResourceDefinition let in, or that somebody wrote into
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

// worldIn makes a world in a new namespace of an API server of its own.
func worldIn(t *testing.T, config *rest.Config, change ...func(*v1alpha1.ClerkInstance)) *world {
	t.Helper()
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "undecoded-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return prepareWorldIn(t, config, namespace.Name, change...)
}

// store creates an object of a kind as its text says.
func (w *world) store(kind, name, fields string) {
	w.t.Helper()
	u := &unstructured.Unstructured{}
	text := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"namespace":%q,"name":%q},%s`,
		v1alpha1.GroupVersion.String(), kind, w.namespace, name, fields[1:])
	if err := u.UnmarshalJSON([]byte(text)); err != nil {
		w.t.Fatal(err)
	}
	w.create(u)
}

// patch merges a text into an object.
func (w *world) patch(o client.Object, name, text string) {
	w.t.Helper()
	o.SetNamespace(w.namespace)
	o.SetName(name)
	if err := w.client.Patch(w.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(text))); err != nil {
		w.t.Fatalf("patching %T %s: %v", o, name, err)
	}
}

// patchStatus merges a text into the status of an object.
func (w *world) patchStatus(o client.Object, name, status string) {
	w.t.Helper()
	o.SetNamespace(w.namespace)
	o.SetName(name)
	text := []byte(`{"status":` + status + `}`)
	if err := w.client.Status().Patch(w.t.Context(), o, client.RawPatch(types.MergePatchType, text)); err != nil {
		w.t.Fatalf("patching the status of %T %s: %v", o, name, err)
	}
}

// stored returns an object as it is stored.
func (w *world) stored(kind, name string) map[string]any {
	w.t.Helper()
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	w.get(u, name)
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
	w := worldIn(t, config, all)
	neighbour := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace + "-neighbour"}}
	w.create(neighbour)
	w.watched = append(w.watched, neighbour.Name)
	w.create(w.user("before"))
	w.start()
	w.becomes("before", v1alpha1.ReasonInSync)
	w.store("ClerkUser", "bad", badTime("bad"))
	bad := w.becomes("bad", v1alpha1.ReasonInvalidSpec)
	w.says(bad, "spec.initial.createdAt", "kubectl explain clerkuser.spec.initial.createdAt")
	w.restart()
	w.create(w.user("after"))
	w.becomes("after", v1alpha1.ReasonInSync)
	w.edit("before", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("before", v1alpha1.ReasonInSync)
	elsewhere := w.user("elsewhere", w.refersTo(w))
	elsewhere.Namespace = neighbour.Name
	w.create(elsewhere)
	w.eventually("the neighbour's user to be created", func() error {
		err := w.client.Get(t.Context(), client.ObjectKeyFromObject(elsewhere), elsewhere)
		if err == nil && elsewhere.Status.UserID == "" {
			err = fmt.Errorf("status is %+v", elsewhere.Status)
		}
		return err
	})
	w.wantCalls(3, "POST", "/users")
	w.rests()
	w.patch(&v1alpha1.ClerkUser{}, "bad", `{"spec":{"initial":{"createdAt":"2024-02-29T12:00:00Z"}}}`)
	w.becomes("bad", v1alpha1.ReasonInSync)
	if got := w.atClerk("bad").CreatedAt; got != 1709208000000 {
		t.Errorf("the user was created at %d", got)
	}
	w.rests()
}

func removalOfUndecoded(t *testing.T, config *rest.Config) {
	w := worldIn(t, config)
	w.start()
	w.store("ClerkUser", "unbound", badTime("unbound"))
	w.becomes("unbound", v1alpha1.ReasonInvalidSpec)
	w.patch(&v1alpha1.ClerkUser{}, "unbound", fmt.Sprintf(`{"metadata":{"finalizers":[%q]}}`, v1alpha1.Finalizer))
	w.create(w.user("bound"))
	id := w.becomes("bound", v1alpha1.ReasonInSync).Status.UserID
	w.patch(&v1alpha1.ClerkUser{}, "bound", `{"spec":{"banned":"no","phoneNumbers":[{"number":7}]}}`)
	bound := w.becomes("bound", v1alpha1.ReasonInvalidSpec)
	w.says(bound, "spec.phoneNumbers[0].number, spec.banned")
	if bound.Status.UserID != id || bound.Status.Binding == "" {
		t.Errorf("the binding was lost: %+v", bound.Status)
	}
	w.rests()
	for _, name := range []string{"unbound", "bound"} {
		w.delete(w.read(name))
		w.vanishes(name)
	}
	if w.clerk.User(id) != nil {
		t.Error("the user was left behind")
	}
	w.wantCalls(1, "POST", "/users")
}

// undecodedPolicies shows that what decides about a user at its removal is not guessed.
func undecodedPolicies(t *testing.T, config *rest.Config) {
	for field, broken := range map[string]string{
		"deletionPolicy": `"retain"`, "suspend": `"true"`, "mode": `"observe"`, "instanceRef": `"default"`,
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			w := worldIn(t, config)
			w.create(w.user("ann"))
			w.start()
			id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			w.patch(&v1alpha1.ClerkUser{}, "ann", fmt.Sprintf(`{"spec":{%q:%s}}`, field, broken))
			w.becomes("ann", v1alpha1.ReasonInvalidSpec)
			w.delete(w.read("ann"))
			w.says(w.becomes("ann", v1alpha1.ReasonDeletionBlocked), "spec."+field, "set spec.deletionPolicy to Retain")
			w.rests()
			w.patch(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"deletionPolicy":"Retain"}}`)
			w.vanishes("ann")
			if w.clerk.User(id) == nil {
				t.Error("the user was deleted although nobody said so")
			}
			w.wantCalls(0, "DELETE", "/users/*")
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
			w := worldIn(t, config)
			w.create(w.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
			w.start()
			w.becomes("ann", v1alpha1.ReasonInSync)
			good := w.stored("ClerkUser", "ann")
			w.patchStatus(&v1alpha1.ClerkUser{}, "ann", fmt.Sprintf(`{%q:%s}`, field, broken))
			w.says(w.becomes("ann", v1alpha1.ReasonInvalidStatus), "status."+field, "--subresource=status")
			w.restart()
			w.edit("ann", func(s *spec) { s.PublicMetadata, s.FirstName = nil, ptr.To("Ann") })
			w.becomes("ann", v1alpha1.ReasonInvalidStatus)
			w.rests()
			w.wantCalls(1, "POST", "/users")
			w.wantCalls(0, "PATCH", "/users/**")
			for _, other := range []string{"userID", "origin", "instance", "binding", "applied"} {
				was, _, _ := unstructured.NestedFieldNoCopy(good, "status", other)
				is, _, _ := unstructured.NestedFieldNoCopy(w.stored("ClerkUser", "ann"), "status", other)
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
			w.patchStatus(&v1alpha1.ClerkUser{}, "ann", status)
			w.becomes("ann", v1alpha1.ReasonInSync)
			if u := w.atClerk("ann"); u.PublicMetadata["role"] != nil || *u.FirstName != "Ann" {
				t.Errorf("the user at Clerk is %+v", u)
			}
			w.rests()
		})
	}
}

// recordIsMadeAnew shows that the way out which the message tells does not lead to a second user.
func recordIsMadeAnew(t *testing.T, config *rest.Config) {
	w := worldIn(t, config)
	w.create(w.user("ann"))
	w.start()
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"userID":["user"]}`)
	w.becomes("ann", v1alpha1.ReasonInvalidStatus)
	w.restart()
	w.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"userID":null}`)
	if now := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID; now != id {
		t.Errorf("the object was bound to %s and is bound to %s", id, now)
	}
	if n := len(w.clerk.Users()); n != 1 {
		t.Errorf("there are %d users at Clerk", n)
	}
	w.rests()
}

// statusIsWrittenAnew shows that what is found out again replaces what did not decode.
func statusIsWrittenAnew(t *testing.T, config *rest.Config) {
	w := worldIn(t, config)
	w.create(w.user("ann", func(s *spec) { s.Locked = ptr.To(false) }))
	w.start()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"observedGeneration":"many","lockExpiresAt":"soon","locked":"no",
		"organizationMembershipCount":"x","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"now"},{"type":7}]}`)
	w.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"users":"many","conditions":"none"}`)
	w.eventually("status to be written anew", func() error {
		for kind, name := range map[string]string{"ClerkUser": "ann", "ClerkInstance": "default"} {
			text := fmt.Sprint(w.stored(kind, name)["status"])
			for _, broken := range []string{"many", "soon", ":now", "type:7", "none", "MembershipCount", "locked:no"} {
				if strings.Contains(text, broken) {
					return fmt.Errorf("the status of the %s still holds %s: %s", kind, broken, text)
				}
			}
		}
		return nil
	})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.wantCalls(0, "POST", "/users/*/unlock")
	w.rests()
}

func undecodedInstance(t *testing.T, config *rest.Config) {
	w := worldIn(t, config)
	w.create(w.user("ann"))
	w.start()
	w.becomes("ann", v1alpha1.ReasonInSync)
	for fields, names := range map[string]string{
		`{"spec":{"drift":{"interval":"1 day"}}}`:                                                    "spec.drift.interval",
		`{"spec":{"drift":null,"policy":{"deletion":"deny"}}}`:                                       "spec.policy.deletion",
		`{"spec":{"drift":null,"policy":null,"allowedNamespaces":{"from":"all"},"secretKeyRef":[]}}`: "spec.secretKeyRef",
	} {
		w.patch(&v1alpha1.ClerkInstance{}, "default", fields)
		w.instanceBecomes(v1alpha1.ReasonInvalidSpec)
		w.eventually("ann to name "+names, func() error {
			user := w.becomes("ann", v1alpha1.ReasonInstanceNotReady)
			ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
			if !strings.Contains(ready.Message, names) {
				return errors.New(ready.Message)
			}
			return nil
		})
	}
	w.patch(&v1alpha1.ClerkInstance{}, "default",
		`{"spec":{"drift":{"interval":"1s"},"policy":null,"allowedNamespaces":null,"secretKeyRef":{"name":"clerk"}}}`)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"deletions":{"since":"today","count":9}}`)
	w.instanceBecomes(v1alpha1.ReasonInvalidStatus)
	w.delete(w.read("ann"))
	w.becomes("ann", v1alpha1.ReasonDeletionBlocked)
	w.patchStatus(&v1alpha1.ClerkInstance{}, "default", `{"deletions":null}`)
	w.vanishes("ann")
	w.patch(&v1alpha1.ClerkInstance{}, "default", `{"spec":{"secretKeyRef":7}}`)
	w.instanceBecomes(v1alpha1.ReasonInvalidSpec)
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	w.delete(instance)
	w.eventually("the ClerkInstance to vanish and its Secret to be free", func() error {
		if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(instance), instance); err == nil {
			return fmt.Errorf("it is still there: %+v", instance.Status)
		}
		secret := &corev1.Secret{}
		w.get(secret, "clerk")
		if len(secret.Finalizers) > 0 {
			return fmt.Errorf("the Secret has finalizers %v", secret.Finalizers)
		}
		return nil
	})
}

func undecodedAction(t *testing.T, config *rest.Config) {
	w := worldIn(t, config, allowsAll)
	w.create(w.user("ann"))
	w.start()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.store("ClerkUserAction", "spec", `{"spec":{"userRef":{"name":"ann"},"verifyTOTP":{"secretKeyRef":"codes"}}}`)
	w.fails("spec", v1alpha1.ReasonInvalidSpec, "spec.verifyTOTP.secretKeyRef", "create another")
	// One that waits for its user, so that its status can be changed before it begins.
	for name, status := range map[string]string{"start": `{"startedAt":"just now"}`, "end": `{"conditions":[{"type":"Complete","status":true}]}`} {
		w.runAction(name, "eve", func(s *actionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} })
		w.turns(name, v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotFound)
		w.patchStatus(&action{}, name, status)
		w.fails(name, v1alpha1.ReasonOutcomeUnknown, "status.", "status.twoFactorEnabled")
	}
	w.create(w.user("eve"))
	w.becomes("eve", v1alpha1.ReasonInSync)
	w.wantCalls(0, "DELETE", "/users/*/mfa")
	w.patch(&v1alpha1.ClerkUser{}, "eve", `{"spec":{"suspend":"yes"}}`)
	w.runAction("waits", "eve", func(s *actionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} })
	w.turns("waits", v1alpha1.ConditionReconciling, v1alpha1.ReasonUserNotBound)
	w.patch(&v1alpha1.ClerkUser{}, "eve", `{"spec":{"suspend":null}}`)
	w.completes("waits")
	w.rests()
}

// storedEarlier stores objects under a CustomResourceDefinition without rules, and returns what becomes of them under today's.
func storedEarlier(t *testing.T, config *rest.Config) func(*testing.T) {
	t.Helper()
	finalizer := fmt.Sprintf(`{"metadata":{"finalizers":[%q]}}`, v1alpha1.Finalizer)
	prepare := func(w *world) {
		w.store("ClerkUser", "fixed", badTime("fixed"))
		w.store("ClerkUser", "deleted", strings.Replace(badTime("deleted"), "00z", "00+99:99", 1))
		w.patch(&v1alpha1.ClerkUser{}, "deleted", finalizer)
		w.store("ClerkUser", "typed", `{"spec":{"username":"typed","mode":"Look","suspend":"no","password":true,"createOrganizationsLimit":1e30}}`)
		w.patch(&v1alpha1.ClerkUser{}, "typed", fmt.Sprintf(`{"metadata":{"finalizers":[%q],"annotations":{%q:%q}}}`, v1alpha1.Finalizer,
			v1alpha1.AnnotationCreating, `{"kind":"username","value":"typed","at":"2024-01-01T00:00:00Z"}`))
		w.store("ClerkUser", "wild", `{"spec":{"username":7}}`)
		w.patch(&v1alpha1.ClerkUser{}, "wild", finalizer)
		w.store("ClerkUser", "status", fmt.Sprintf(`{"spec":{"emailAddresses":[{"address":%q}]}}`, address("status")))
		w.patchStatus(&v1alpha1.ClerkUser{}, "status", `{"observedGeneration":"x","lockExpiresAt":"2024-02-29T12:00:00z","conditions":"none"}`)
		w.store("ClerkUserAction", "action", `{"spec":{"userRef":{"name":"ann"},"disableMFA":7}}`)
	}
	var namespace string
	t.Run("Store", func(t *testing.T) {
		w := worldIn(t, config)
		prepare(w)
		namespace = w.namespace
		w.delete(w.instance())
		w.delete(w.secret(""))
	})
	return func(t *testing.T) {
		w := prepareWorldIn(t, config, namespace)
		w.start()
		w.create(w.user("ann"))
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.says(w.becomes("fixed", v1alpha1.ReasonInvalidSpec), "spec.initial.createdAt")
		w.says(w.becomes("typed", v1alpha1.ReasonInvalidSpec), "spec.password, spec.createOrganizationsLimit, spec.mode, spec.suspend")
		w.becomes("status", v1alpha1.ReasonInSync)
		w.tells("action", v1alpha1.ReasonInvalidSpec)
		w.becomes("deleted", v1alpha1.ReasonInvalidSpec)
		w.delete(w.read("deleted"))
		w.vanishes("deleted")
		w.delete(w.read("typed"))
		w.becomes("typed", v1alpha1.ReasonDeletionBlocked)
		w.patch(&v1alpha1.ClerkUser{}, "typed", `{"spec":{"suspend":true,"mode":null}}`)
		w.vanishes("typed")
		// A rule that meets a value of another type refuses every change, also that of status. Events tell.
		w.tells("wild", v1alpha1.ReasonInvalidSpec)
		w.delete(w.read("wild"))
		w.tells("wild", v1alpha1.ReasonDeletionBlocked)
		w.patch(&v1alpha1.ClerkUser{}, "wild", `{"spec":{"username":"wild"}}`)
		w.vanishes("wild")
		w.wantCalls(2, "POST", "/users")
		w.patch(&v1alpha1.ClerkUser{}, "fixed", `{"spec":{"initial":{"createdAt":"2024-02-29T12:00:00Z"}}}`)
		w.becomes("fixed", v1alpha1.ReasonInSync)
		// Each reconciliation of it fails, and is logged.
		w.delete(&v1alpha1.ClerkUserAction{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "action"}})
		w.rests()
	}
}
