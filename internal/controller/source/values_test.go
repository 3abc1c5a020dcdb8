// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// png is the beginning of a picture, by which Clerk and the operator know it.
const png = "\x89PNG\r\n\x1a\n"

// selectors fills in everything below a value that names an entry, each with an object of its own, and returns their paths and kinds.
func selectors(at reflect.Value, path string) map[string]string {
	found := map[string]string{}
	switch kind := at.Type(); {
	case kind.Kind() == reflect.Pointer && kind.Elem().Kind() == reflect.Struct:
		at.Set(reflect.New(kind.Elem()))
		found = selectors(at.Elem(), path)
		if len(found) == 0 {
			at.SetZero()
		}
	case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
		at.Set(reflect.MakeSlice(kind, 2, 2))
		for i := range at.Len() {
			maps.Copy(found, selectors(at.Index(i), fmt.Sprintf("%s[%d]", path, i)))
		}
		if len(found) == 0 {
			at.SetZero()
		}
	case namesEntry(kind):
		at.FieldByName("Name").SetString(objectNamed(path))
		at.FieldByName("Key").SetString("value")
		found[path] = "Secret"
		if strings.HasPrefix(kind.Name(), "ConfigMap") {
			found[path] = "ConfigMap"
		}
	case kind.Kind() == reflect.Struct && strings.HasSuffix(kind.PkgPath(), "v1alpha1"):
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			maps.Copy(found, selectors(at.Field(i), path+"."+name))
		}
	}
	return found
}

// namesEntry reports whether a type is that of fields that name an entry of an object.
func namesEntry(kind reflect.Type) bool {
	if kind.Kind() != reflect.Struct {
		return false
	}
	_, named := kind.FieldByName("Name")
	_, keyed := kind.FieldByName("Key")
	return named && keyed
}

// objectNamed is the name of the object that the field at a path refers to.
func objectNamed(path string) string {
	return strings.ToLower(strings.NewReplacer("[", "-", "]", "").Replace(path))
}

// userOfAll is a ClerkUser that takes every value that there is from an object of its own.
func userOfAll() (*v1alpha1.ClerkUser, map[string]string) {
	user := &v1alpha1.ClerkUser{}
	return user, selectors(reflect.ValueOf(&user.Spec).Elem(), "spec")
}

// objects are the Secrets and ConfigMaps that hold a value for each reference, but for some.
func objects(references []Reference, but map[string]string) []client.Object {
	var all []client.Object
	for _, at := range references {
		content, changed := but[at.Field]
		switch {
		case changed && content == "":
			continue
		case changed:
		case strings.HasPrefix(at.Field, "spec.profileImage"):
			content = png + at.Field
		default:
			content = at.Field
		}
		meta, data := metav1.ObjectMeta{Namespace: "team-a", Name: at.Name}, map[string][]byte{at.Key: []byte(content)}
		if at.Kind == "ConfigMap" {
			all = append(all, &corev1.ConfigMap{ObjectMeta: meta, BinaryData: data})
		} else {
			all = append(all, &corev1.Secret{ObjectMeta: meta, Data: data})
		}
	}
	return all
}

func digest(purpose string, value []byte) string { return fmt.Sprintf("%s of %q", purpose, value) }

// sent are digests of values that were sent some time ago.
func sent() *v1alpha1.Applied {
	return &v1alpha1.Applied{PasswordDigest: "sent password", ProfileImageDigest: "sent image"}
}

// readAll reads all values, those of a creation too.
func readAll(t *testing.T, spec *v1alpha1.ClerkUserSpec, stored []client.Object) (Values, error) {
	t.Helper()
	reader := NewReader(fake.NewClientBuilder().WithObjects(stored...).Build(), "team-a")
	values, err := Enforced(t.Context(), reader, spec, sent(), digest)
	if err == nil {
		err = values.ReadInitial(t.Context(), reader, spec, digest)
	}
	return values, err
}

// TestEveryReferenceIsInTheTable uses the types of the API: it finds a field that names a Secret or ConfigMap and has
// no row in the table.
func TestEveryReferenceIsInTheTable(t *testing.T) {
	t.Parallel()
	user, want := userOfAll()
	got := map[string]string{}
	for _, at := range References(user) {
		got[at.Field] = at.Kind
		if at.Name != objectNamed(at.Field) || at.Key != "value" {
			t.Errorf("%s refers to %s of %s", at.Field, at.Key, at.Name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields of a ClerkUser that name an entry (-API +table):\n%s", diff)
	}
	action := &v1alpha1.ClerkUserAction{}
	want, got = selectors(reflect.ValueOf(&action.Spec).Elem(), "spec"), map[string]string{}
	for _, at := range ActionReferences(&action.Spec) {
		got[at.Field] = at.Kind
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields of a ClerkUserAction that name an entry (-API +table):\n%s", diff)
	}
}

// referencesAlone are the references, each with a spec that takes a value from nowhere else.
func referencesAlone() map[Reference]*v1alpha1.ClerkUserSpec {
	all, _ := userOfAll()
	found := map[Reference]*v1alpha1.ClerkUserSpec{}
	for _, at := range References(all) {
		user, _ := userOfAll()
		if strings.HasPrefix(at.Field, "spec.profileImage") {
			if at.Kind == "Secret" {
				user.Spec.ProfileImage.ConfigMapKeyRef = nil
			} else {
				user.Spec.ProfileImage.SecretKeyRef = nil
			}
		}
		found[at] = &user.Spec
	}
	return found
}

func TestEveryValueIsReadAndCountsInADigest(t *testing.T) {
	t.Parallel()
	for at, spec := range referencesAlone() {
		t.Run(at.Field, func(t *testing.T) {
			t.Parallel()
			references := References(&v1alpha1.ClerkUser{Spec: *spec})
			before, err := readAll(t, spec, objects(references, nil))
			if err != nil || !before.Complete {
				t.Fatalf("complete: %t, error: %v", before.Complete, err)
			}
			other := "another"
			if strings.HasPrefix(at.Field, "spec.profileImage") {
				other = png + other
			}
			after, err := readAll(t, spec, objects(references, map[string]string{at.Field: other}))
			if err != nil {
				t.Fatal(err)
			}
			if reflect.DeepEqual(before.Inputs, after.Inputs) {
				t.Error("another value leaves the inputs as they are")
			}
			initial := strings.HasPrefix(at.Field, "spec.initial.")
			if initial == (before.InitialDigest == after.InitialDigest) || initial != (before.Digest == after.Digest) {
				t.Errorf("digests were %q and %q, and are %q and %q", before.Digest, before.InitialDigest, after.Digest, after.InitialDigest)
			}
		})
	}
}

func TestFieldThatCannotBeReadIsLeftOut(t *testing.T) {
	t.Parallel()
	reasons := map[string]string{"Secret": v1alpha1.ReasonSecretNotFound, "ConfigMap": v1alpha1.ReasonConfigMapNotFound}
	for at, spec := range referencesAlone() {
		t.Run(at.Field, func(t *testing.T) {
			t.Parallel()
			references := References(&v1alpha1.ClerkUser{Spec: *spec})
			complete, err := readAll(t, spec, objects(references, nil))
			if err != nil {
				t.Fatal(err)
			}
			values, err := readAll(t, spec, objects(references, map[string]string{at.Field: ""}))
			missing, found := errors.AsType[*MissingError](err)
			if !found || missing.Field != at.Field || missing.Reason != reasons[at.Kind] || !IsFault(err) {
				t.Fatalf("error is %#v, which is a fault: %t", err, IsFault(err))
			}
			if values.Complete || values.Digest != "" {
				t.Error("the values are complete, or have a digest")
			}
			if strings.HasPrefix(at.Field, "spec.initial.") {
				return
			}
			name, _, _ := strings.Cut(strings.TrimPrefix(at.Field, "spec."), ".")
			if name, _, _ = strings.Cut(name, "["); name == "privateMetadataFrom" {
				name = plan.FieldPrivateMetadata
			}
			if diff := cmp.Diff([]string{name}, values.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
			// The values must be as if all had been read, except for the field.
			complete.LeaveOut(name, sent())
			complete.Inputs.Initial = plan.InitialInputs{}
			if !reflect.DeepEqual(complete.Inputs, values.Inputs) {
				t.Error("left out afterwards, there are other inputs than if it could not be read")
			}
			recorded := map[string]string{
				plan.FieldPassword: values.Inputs.PasswordDigest, plan.FieldProfileImage: values.Inputs.ProfileImageDigest,
			}
			if got := recorded[name]; got != "" && !strings.HasPrefix(got, "sent ") {
				t.Errorf("as declared counts %q, want what was sent last", got)
			}
		})
	}
}

func TestValuesThatAreOfNoUse(t *testing.T) {
	t.Parallel()
	for field, tc := range map[string]struct{ content, says string }{
		"spec.password.secretKeyRef":               {"\xff", "spec.password.secretKeyRef: names an entry that is not text in UTF-8; put text there"},
		"spec.profileImage.secretKeyRef":           {"<svg/>", "spec.profileImage: names an entry that"},
		"spec.initial.password.secretKeyRef":       {"\xff", "spec.initial.password.secretKeyRef: names an entry that is not text in UTF-8; put text there"},
		"spec.initial.passwordDigest.secretKeyRef": {" \n", "spec.initial.passwordDigest.secretKeyRef: names an entry without a value in it; put the value there"},
		"spec.initial.totpSecretRef":               {"- -", "spec.initial.totpSecretRef: names an entry without a value in it; put the value there"},
		"spec.initial.backupCodesSecretRef":        {"\n", "spec.initial.backupCodesSecretRef: names an entry without a value in it; put the value there"},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			user, _ := userOfAll()
			user.Spec.ProfileImage.ConfigMapKeyRef = nil
			_, err := readAll(t, &user.Spec, objects(References(user), map[string]string{field: tc.content}))
			if err == nil || !strings.HasPrefix(err.Error(), tc.says) || !IsFault(err) {
				t.Errorf("error is %v, which is a fault: %t", err, IsFault(err))
			}
		})
	}
}

// counted counts what is read.
type counted struct {
	client.Reader
	reads int
	err   error
}

func (c *counted) Get(ctx context.Context, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
	c.reads++
	if c.err != nil {
		return c.err
	}
	return c.Reader.Get(ctx, key, object, options...)
}

func TestObjectIsReadOnce(t *testing.T) {
	t.Parallel()
	spec := &v1alpha1.ClerkUserSpec{}
	for range 3 {
		spec.PrivateMetadataFrom = append(spec.PrivateMetadataFrom, v1alpha1.PrivateMetadataSource{
			SecretKeyRef: v1alpha1.SecretKeySelector{Name: "tokens", Key: "value"},
		})
	}
	stored := objects(References(&v1alpha1.ClerkUser{Spec: *spec})[:1], nil)
	live := &counted{Reader: fake.NewClientBuilder().WithObjects(stored...).Build()}
	values, err := Enforced(t.Context(), NewReader(live, "team-a"), spec, sent(), digest)
	if err != nil || len(values.Inputs.PrivateMetadata) != 3 || live.reads != 1 {
		t.Errorf("%d reads, error %v", live.reads, err)
	}
}

func TestUnreachableAPIServerIsNoFault(t *testing.T) {
	t.Parallel()
	user, _ := userOfAll()
	outage := errors.New("no connection")
	_, err := Enforced(t.Context(), NewReader(&counted{err: outage}, "team-a"), &user.Spec, sent(), digest)
	if !errors.Is(err, outage) || IsFault(err) {
		t.Errorf("error is %v, which is a fault: %t", err, IsFault(err))
	}
	if unread, _ := errors.AsType[UnreadError](err); len(unread) != 3 || strings.Count(err.Error(), ";") != 2 {
		t.Errorf("the error does not name the three fields: %v", err)
	}
}

func TestNothingIsReadForAUserWithoutSources(t *testing.T) {
	t.Parallel()
	values, err := readAll(t, &v1alpha1.ClerkUserSpec{ProfileImage: &v1alpha1.ProfileImage{}, Initial: &v1alpha1.InitialValues{}}, nil)
	if err != nil || !values.Complete || values.Digest != "" || values.InitialDigest != "" {
		t.Errorf("error %v, complete: %t, digests %q and %q", err, values.Complete, values.Digest, values.InitialDigest)
	}
	user, _ := userOfAll()
	user.Status.UserID = "user_1"
	if slices.ContainsFunc(References(user), func(at Reference) bool { return strings.HasPrefix(at.Field, "spec.initial.") }) {
		t.Error("the initial values of a user that there is are read")
	}
}
