// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/preview"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// find returns an object of a preview.
func find(t *testing.T, result preview.Result, name string) preview.Object {
	t.Helper()
	at := slices.IndexFunc(result.Objects, func(o preview.Object) bool { return o.Name == name })
	if at < 0 {
		t.Fatalf("the preview has no object %s: %+v", name, result.Objects)
	}
	return result.Objects[at]
}

// operations are the names of the calls of an object that Clerk would carry out.
func operations(o preview.Object) []string {
	var names []string
	for _, call := range o.Calls {
		if call.Refused == "" {
			names = append(names, call.Operation)
		}
	}
	return names
}

func expectOperations(t *testing.T, o preview.Object, want ...string) {
	t.Helper()
	if got := operations(o); !slices.Equal(got, want) {
		t.Errorf("the calls of %s are %q, want %q (Ready %+v)", o.Name, got, want, o.Ready)
	}
}

func expectReady(t *testing.T, o preview.Object, reason string) {
	t.Helper()
	if o.Ready == nil || o.Ready.Reason != reason {
		t.Errorf("Ready of %s is %+v, want %s", o.Name, o.Ready, reason)
	}
}

// delayed makes deletions wait.
func delayed(by time.Duration) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) { i.Spec.DeletionDelay = &metav1.Duration{Duration: by} }
}

// bound creates ClerkUsers with the operator, which then stops.
func (f *forecast) bound(users ...*v1alpha1.ClerkUser) {
	f.t.Helper()
	stop := f.start()
	for _, user := range users {
		f.create(user)
	}
	for _, user := range users {
		f.waitFor(user.Name, v1alpha1.ReasonInSync)
	}
	stop()
	f.clerk.ResetJournal()
}

func (f *forecast) delete(names ...string) {
	f.t.Helper()
	for _, name := range names {
		f.deleted = append(f.deleted, f.read(name))
	}
}

// TestPreviewOfARename checks that a rename in one commit is foreseen as the transfer that it becomes.
func TestPreviewOfARename(t *testing.T) {
	for name, tc := range map[string]struct {
		delay        time.Duration
		deletesFirst bool
	}{
		"WithoutDelay":           {0, false},
		"WithDelay":              {30 * time.Second, false},
		"WithDelayDeletionFirst": {30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForecast(t, delayed(tc.delay))
			f.bound(f.user("old"))
			renamed := f.user("new")
			renamed.Spec.EmailAddresses[0].Address, renamed.Spec.FirstName = "old@example.com", new("Ann")
			f.apply(renamed)
			f.delete("old")
			result := f.preview()
			expectOperations(t, find(t, result, "old"), "merge_metadata")
			expectOperations(t, find(t, result, "new"), "update_user")
			expectReady(t, find(t, result, "new"), v1alpha1.ReasonInSync)
			if tc.deletesFirst {
				if err := f.client.Delete(t.Context(), f.deleted[0]); err != nil {
					t.Fatal(err)
				}
				f.users["old"], f.deleted = f.read("old").Status.UserID, nil
			}
			f.carryOut()
			f.start()
			f.waitFor("new", v1alpha1.ReasonInSync)
			var made []string
			for _, e := range f.clerk.Journal().Writes() {
				if e.Applied {
					made = append(made, e.Method+" "+userIDs.ReplaceAllString(e.Path, "{user}"))
				}
			}
			if want := []string{"PATCH /v1/users/{user}/metadata", "PATCH /v1/users/{user}"}; !slices.Equal(made, want) {
				t.Errorf("the operator made the calls %q, want %q", made, want)
			}
		})
	}
}

// TestPreviewOfADelayedDeletion checks that the answer says when a user would be deleted.
func TestPreviewOfADelayedDeletion(t *testing.T) {
	f := newForecast(t, delayed(2*time.Hour))
	f.bound(f.user("ann"), f.user("bob", func(s *v1alpha1.ClerkUserSpec) { s.DeletionPolicy = new(v1alpha1.DeletionRetain) }))
	f.delete("ann", "bob")
	result := f.preview()
	ann := find(t, result, "ann")
	expectOperations(t, ann, "delete_user")
	if after := ann.Calls[0].After; after < 2*time.Hour || after > 2*time.Hour+time.Minute {
		t.Errorf("the user would be deleted after %s", after)
	}
	expectOperations(t, find(t, result, "bob"), "merge_metadata")
}

// TestPreviewOfAdoptions checks adoptions that are allowed and denied, and users that others have.
func TestPreviewOfAdoptions(t *testing.T) {
	f := newForecast(t)
	f.bound(f.user("ann"))
	seeded := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("carl@example.com")}})
	f.apply(f.user("carl", func(s *v1alpha1.ClerkUserSpec) { s.UserID = &seeded.ID }))
	f.apply(f.user("other", func(s *v1alpha1.ClerkUserSpec) { s.EmailAddresses[0].Address = "ann@example.com" }))
	result := f.preview()
	expectOperations(t, find(t, result, "carl"), "merge_metadata")
	expectReady(t, find(t, result, "carl"), v1alpha1.ReasonInSync)
	expectOperations(t, find(t, result, "other"))
	expectReady(t, find(t, result, "other"), v1alpha1.ReasonConflict)
	// In the same apply, the instance's owner forbids adoptions.
	strict := f.instance("default")
	strict.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: new(v1alpha1.AdoptionNone)}
	f.apply(strict)
	result = f.preview()
	expectOperations(t, find(t, result, "carl"))
	expectReady(t, find(t, result, "carl"), v1alpha1.ReasonAlreadyExists)
}

// TestPreviewOfTheBrake checks that a deletion which the brake would pause is not foreseen as one.
func TestPreviewOfTheBrake(t *testing.T) {
	f := newForecast(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: new(int32(5))}
	})
	var users []*v1alpha1.ClerkUser
	for i := range 6 {
		users = append(users, f.user(fmt.Sprintf("person-%d", i)))
	}
	f.bound(users...)
	for _, user := range users {
		f.delete(user.Name)
	}
	result := f.preview()
	for _, user := range users[:5] {
		expectOperations(t, find(t, result, user.Name), "delete_user")
	}
	expectOperations(t, find(t, result, "person-5"))
	expectReady(t, find(t, result, "person-5"), v1alpha1.ReasonDeletionHeld)
}

func passwordFrom(key string) *v1alpha1.Password {
	return &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: previewSecret, Key: key}}
}

// forbidden is a cluster in which the caller may not read Secrets.
type forbidden struct{ client.Reader }

func (c forbidden) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if _, secret := o.(*corev1.Secret); secret {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, key.Name, nil)
	}
	return c.Reader.Get(ctx, key, o, options...)
}

// TestPreviewClaimsNoMoreThanItKnows previews changes of values from Secrets, with all rights, without the operator's key, and without
// the right to read Secrets.
func TestPreviewClaimsNoMoreThanItKnows(t *testing.T) {
	f := newForecast(t)
	secret, _ := previewSources(f.namespace)
	f.create(secret)
	f.bound(f.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Password = passwordFrom("password-a") }))
	f.apply(f.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Password, s.FirstName = passwordFrom("password-b"), new("Ann") }))
	f.apply(f.user("bob", func(s *v1alpha1.ClerkUserSpec) { s.Password = passwordFrom("password-b") }))
	cases := map[string]struct {
		tune             func(*preview.Config)
		password, unsure bool
		unsureOfNew      bool
	}{
		"AllRights":         {func(*preview.Config) {}, true, false, false},
		"WithoutTheKey":     {func(c *preview.Config) { c.Key = nil }, false, true, false},
		"WithoutTheSecrets": {func(c *preview.Config) { c.Cluster = forbidden{c.Cluster} }, false, true, true},
	}
	for name, tc := range cases {
		f.tune = tc.tune
		result := f.preview()
		ann, bob := find(t, result, "ann"), find(t, result, "bob")
		expectOperations(t, ann, "update_user")
		expectOperations(t, bob, "create_user")
		named := func(field preview.Field) bool { return field.Name == "password" }
		if got := slices.ContainsFunc(ann.Calls[0].Fields, named); got != tc.password {
			t.Errorf("%s: the password is sent: %t, want %t", name, got, tc.password)
		}
		if got := len(ann.Unknown) > 0; got != tc.unsure {
			t.Errorf("%s: what is unknown of ann is %q", name, ann.Unknown)
		}
		if got := len(bob.Unknown) > 0; got != tc.unsureOfNew {
			t.Errorf("%s: what is unknown of bob is %q", name, bob.Unknown)
		}
		if !slices.ContainsFunc(bob.Calls[0].Fields, func(field preview.Field) bool { return named(field) && field.HiddenTo }) {
			t.Errorf("%s: the fields of the new user are %+v", name, bob.Calls[0].Fields)
		}
	}
}

// tenant is a cluster in which the caller may list one namespace, and nothing else.
type tenant struct {
	client.Reader
	namespace string
}

func (c tenant) List(ctx context.Context, list client.ObjectList, options ...client.ListOption) error {
	var chosen client.ListOptions
	chosen.ApplyOptions(options)
	if chosen.Namespace != c.namespace {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "clerkusers"}, "", nil)
	}
	return c.Reader.List(ctx, list, options...)
}

func (c tenant) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if _, user := o.(*v1alpha1.ClerkUser); user && key.Namespace != c.namespace {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "clerkusers"}, key.Name, nil)
	}
	return c.Reader.Get(ctx, key, o, options...)
}

// TestPreviewOfATenant checks that an object which the caller may not see does not count as gone.
func TestPreviewOfATenant(t *testing.T) {
	f := newForecast(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: new(v1alpha1.NamespacesFromAll)}
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: new(v1alpha1.AdoptionAll)}
	})
	f.bound(f.user("ann"))
	elsewhere := controlplane.Namespace(t)
	thief := f.user("thief", func(s *v1alpha1.ClerkUserSpec) { s.UserID = new(f.read("ann").Status.UserID) })
	newcomer := f.user("newcomer")
	for _, user := range []*v1alpha1.ClerkUser{thief, newcomer} {
		user.Namespace = elsewhere
		user.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: &f.namespace}
		f.apply(user)
	}
	for _, cluster := range []func(*preview.Config){
		func(*preview.Config) {},
		func(c *preview.Config) { c.Cluster = tenant{c.Cluster, elsewhere} },
	} {
		f.tune = cluster
		result := f.preview()
		expectOperations(t, find(t, result, "thief"))
		expectReady(t, find(t, result, "thief"), v1alpha1.ReasonAlreadyExists)
		expectOperations(t, find(t, result, "newcomer"), "create_user")
		if id := find(t, result, "newcomer").UserID; id != "" {
			t.Errorf("a user that does not exist has the id %s", id)
		}
	}
}

// TestPreviewEndsWithItsContext checks that an interrupted preview gives no answer.
func TestPreviewEndsWithItsContext(t *testing.T) {
	f := newForecast(t)
	f.apply(f.user("ann"))
	ctx, cancel := context.WithCancel(t.Context())
	config := preview.Config{Cluster: f.readOnly(), ClusterID: clusterID, Key: &f.key, Now: f.server.Clock().Now}
	config.Open = func(ctx context.Context, instance *v1alpha1.ClerkInstance) (preview.Instance, error) {
		defer cancel()
		return f.open(ctx, instance)
	}
	if result, err := preview.Run(ctx, config, preview.Input{Applied: f.applied}); err == nil {
		t.Errorf("the answer of an interrupted preview is %+v", result)
	}
	// So does one that cannot read.
	broken := errors.New("no answer")
	config.Open = func(context.Context, *v1alpha1.ClerkInstance) (preview.Instance, error) {
		return preview.Instance{}, broken
	}
	if _, err := preview.Run(t.Context(), config, preview.Input{Applied: f.applied}); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

// TestPreviewOfASecret checks that a ClerkUser is foreseen whose Secret is applied, and that no value from it is shown.
func TestPreviewOfASecret(t *testing.T) {
	f := newForecast(t)
	secret, _ := previewSources(f.namespace)
	f.create(secret)
	f.bound(f.user("ann", func(s *v1alpha1.ClerkUserSpec) {
		s.Password = passwordFrom("password-a")
		s.PrivateMetadata = &runtime.RawExtension{Raw: []byte(`{"shown":"from the manifest"}`)}
		s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{
			Path: "/token", SecretKeyRef: v1alpha1.SecretKeySelector{Name: previewSecret, Key: "token-a"},
		}}
	}))
	changed, _ := previewSources(f.namespace)
	changed.Data["password-a"], changed.Data["token-a"] = []byte("correct-horse-c"), []byte("made-up-c")
	f.applied = append(f.applied, changed)
	result := f.preview()
	ann := find(t, result, "ann")
	expectOperations(t, ann, "merge_metadata", "update_user")
	for _, value := range []string{"correct-horse", "made-up"} {
		if strings.Contains(fmt.Sprintf("%+v", result), value) {
			t.Errorf("the result shows %q", value)
		}
	}
	if fields := ann.Calls[0].Fields; len(fields) != 1 || !fields[0].HiddenFrom || !fields[0].HiddenTo {
		t.Errorf("the fields of the token are %+v", fields)
	}
	// Values that stand in a manifest are shown; those that only Clerk knows are not.
	f.applied = nil
	if _, err := f.clerk.Edit(f.read("ann").Status.UserID, func(u *emulator.User) { u.PrivateMetadata["app"] = "of the application" }); err != nil {
		t.Fatal(err)
	}
	f.apply(f.user("ann", func(s *v1alpha1.ClerkUserSpec) {
		s.PrivateMetadata = &runtime.RawExtension{Raw: []byte(`{"shown":"otherwise"}`)}
		s.MetadataPolicy = new(v1alpha1.PolicyReplace)
	}))
	fields := map[string]preview.Field{}
	for _, call := range find(t, f.preview(), "ann").Calls {
		for _, field := range call.Fields {
			fields[field.Name] = field
		}
	}
	if shown := fields["privateMetadata.shown"]; shown.From != "from the manifest" || shown.To != "otherwise" {
		t.Errorf("the declared value changes as %+v", shown)
	}
	for _, name := range []string{"privateMetadata.app", "privateMetadata.token"} {
		if field := fields[name]; !field.HiddenFrom || field.From != nil {
			t.Errorf("%s changes as %+v", name, field)
		}
	}
}

// TestPreviewUsesTheDefaultInstance checks that a ClerkUser without a ClerkInstance in its namespace uses the operator's default.
func TestPreviewUsesTheDefaultInstance(t *testing.T) {
	f := newForecast(t, func(i *v1alpha1.ClerkInstance) {
		i.Name = "shared"
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: new(v1alpha1.NamespacesFromAll)}
	})
	f.apply(f.user("ann"))
	expectReady(t, find(t, f.preview(), "ann"), v1alpha1.ReasonInstanceNotFound)
	f.tune = func(c *preview.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: f.namespace, Name: "shared"}
	}
	expectOperations(t, find(t, f.preview(), "ann"), "create_user")
	// An instance that the operator cannot use is one that the objects wait for.
	f.tune = func(c *preview.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: f.namespace, Name: "shared"}
		c.Open = func(context.Context, *v1alpha1.ClerkInstance) (preview.Instance, error) {
			return preview.Instance{}, &preview.UnusableError{Problem: "Secret clerk does not exist"}
		}
	}
	ann := find(t, f.preview(), "ann")
	expectOperations(t, ann)
	expectReady(t, ann, v1alpha1.ReasonInstanceNotReady)
}

// TestPreviewOfWhatItCannotForesee checks what is said of a binding that only the operator's key proves, and of an action.
func TestPreviewOfWhatItCannotForesee(t *testing.T) {
	f := newForecast(t)
	f.bound(f.user("ann"))
	if _, err := f.clerk.Edit(f.read("ann").Status.UserID, func(u *emulator.User) { delete(u.PrivateMetadata, v1alpha1.OwnerKey) }); err != nil {
		t.Fatal(err)
	}
	f.apply(f.user("ann"))
	f.apply(&v1alpha1.ClerkUserAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: f.namespace, Name: "reset"},
		Spec: v1alpha1.ClerkUserActionSpec{
			UserRef: v1alpha1.UserReference{Name: "ann"}, DisableMFA: &v1alpha1.NoParameters{},
		},
	})
	result := f.preview()
	expectOperations(t, find(t, result, "ann"), "merge_metadata")
	if unknown := find(t, result, "ann").Unknown; len(unknown) > 0 {
		t.Errorf("with the key, %q is unknown", unknown)
	}
	if unknown := find(t, result, "reset").Unknown; len(unknown) != 1 || !strings.Contains(unknown[0], "disableMFA") {
		t.Errorf("what is unknown of the action is %q", unknown)
	}
	f.tune = func(c *preview.Config) { c.Key = nil }
	ann := find(t, f.preview(), "ann")
	expectOperations(t, ann, "merge_metadata")
	if len(ann.Unknown) != 1 || !strings.Contains(ann.Unknown[0], "binding") {
		t.Errorf("without the key, %q is unknown", ann.Unknown)
	}
}

// TestPreviewOfWhatClerkRefused checks that the answer about an unchanged object which Clerk has refused says so: why Clerk refused it
// cannot be foreseen.
func TestPreviewOfWhatClerkRefused(t *testing.T) {
	f := newForecast(t)
	stop := f.start()
	short := func(s *v1alpha1.ClerkUserSpec) { s.Username = new("abc") }
	f.create(f.user("ann", short))
	f.waitFor("ann", v1alpha1.ReasonRejectedByClerk)
	stop()
	f.apply(f.user("ann", short))
	ann := find(t, f.preview(), "ann")
	if len(ann.Unknown) != 1 || !strings.Contains(ann.Unknown[0], "Clerk refused the calls for this object, which does not change") {
		t.Errorf("what is unknown of ann is %q", ann.Unknown)
	}
	f.applied = nil
	f.apply(f.user("ann", func(s *v1alpha1.ClerkUserSpec) { s.Username = new("longer") }))
	if ann := find(t, f.preview(), "ann"); len(ann.Unknown) != 0 {
		t.Errorf("what is unknown of a changed object is %q", ann.Unknown)
	}
}
