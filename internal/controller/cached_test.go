// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestCachedUserHasWhatReconcileUses(t *testing.T) {
	t.Parallel()
	const kubectl = corev1.LastAppliedConfigAnnotation
	tests := map[string]struct {
		userID            string
		annotations, want map[string]string
	}{
		"Bound":             {"user_1", map[string]string{v1alpha1.AnnotationCreating: "{}", kubectl: "{}"}, nil},
		"BoundAndRequested": {"user_1", map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1", kubectl: "{}"}, map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1"}},
		"NotBound":          {"", map[string]string{v1alpha1.AnnotationCreating: "{}", kubectl: "{}"}, map[string]string{v1alpha1.AnnotationCreating: "{}"}},
		"OtherPrograms":     {"", map[string]string{"argocd.argoproj.io/tracking-id": "a", "clerk-operator.iox/a": "b"}, nil},
		"WithoutAnnotation": {"", nil, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := func() *v1alpha1.ClerkUser {
				u := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{
					Name: "ann", Finalizers: []string{v1alpha1.Finalizer},
				}}
				u.Status.UserID = tc.userID
				u.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "InSync", Message: "as declared"}}
				return u
			}
			given, want := user(), user()
			given.Annotations, want.Annotations = tc.annotations, tc.want
			given.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
			given.Labels = map[string]string{"team": "a"}
			given.OwnerReferences = []metav1.OwnerReference{{Name: "app"}}
			got, err := newTransform().keepWhatReconcileUses(given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in the cache (-want +got):\n%s", diff)
			}
		})
	}
	other := &corev1.Namespace{}
	if got, err := newTransform().keepWhatReconcileUses(other); got != other || err != nil {
		t.Errorf("another kind became %v: %v", got, err)
	}
}

func newTransform() transform { return transform{&sharedTexts{}} }

// storedUser is a ClerkUser as the API server stores it, with a number that makes it unique.
const storedUser = `{
 "apiVersion": "clerk-operator.io/v1alpha1", "kind": "ClerkUser",
 "metadata": {
  "name": "user-%06[1]d", "namespace": "people", "uid": "8a2ba6a0-1b1c-4d5e-8f90-%012[1]d", "resourceVersion": "%[1]d", "generation": 1,
  "creationTimestamp": "2026-05-12T10:00:00Z", "finalizers": ["clerk-operator.io/user"], "labels": {"team": "sales"},
  "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{\"firstName\":\"First%[1]d\"}}"},
  "managedFields": [{"manager": "kubectl", "operation": "Apply", "apiVersion": "clerk-operator.io/v1alpha1", "fieldsType": "FieldsV1",
   "fieldsV1": {"f:spec": {"f:firstName": {}, "f:lastName": {}, "f:emailAddresses": {}}}}]
 },
 "spec": {
  "instanceRef": {"namespace": "people", "name": "default"},
  "emailAddresses": [{"address": "user-%06[1]d@example.com"}],
  "firstName": "First%[1]d", "lastName": "Last%[1]d",
  "publicMetadata": {"role": "editor", "team": "team-7", "limits": {"projects": 10, "seats": 500}},
  "privateMetadata": {"costCenter": "cc-%04[1]d"}
 },
 "status": {
  "observedGeneration": 1, "userID": "user_2abcdefghijklmnop%010[1]d", "origin": "Created", "onDelete": "Delete",
  "instance": {"namespace": "people", "name": "default", "id": "ins_2abcdefghijklmnopqrstuvwxyz"},
  "binding": "v1:kHk3cGh0bWxkZ2xoa2pkc2Zoa2xqc2RoZmtsZHNo%010[1]d",
  "banned": false, "locked": false, "passwordEnabled": false, "twoFactorEnabled": false, "totpEnabled": false, "backupCodeEnabled": false,
  "hasImage": false, "pendingChanges": ["locale"], "lastWriteTime": "2026-05-12T10:00:01Z", "inputsDigest": "",
  "applied": {
   "metadata": ["/private/costCenter", "/public/limits/projects", "/public/limits/seats", "/public/role", "/public/team"],
   "emailAddresses": ["user-%06[1]d@example.com"]
  },
  "conditions": [
   {"type": "Ready", "status": "True", "observedGeneration": 1, "lastTransitionTime": "2026-05-12T10:00:01Z", "reason": "InSync", "message": "the user is as declared"},
   {"type": "Synced", "status": "True", "observedGeneration": 1, "lastTransitionTime": "2026-05-12T10:00:01Z", "reason": "InSync", "message": "the user is as declared"}
  ]
 }
}`

// cachedUser returns a ClerkUser as the cache holds it.
func cachedUser(t *testing.T, reduced transform, number int) *v1alpha1.ClerkUser {
	t.Helper()
	user := &v1alpha1.ClerkUser{}
	if err := json.UnmarshalCaseSensitivePreserveInts(fmt.Appendf(nil, storedUser, number), user); err != nil {
		t.Fatal(err)
	}
	cached, err := reduced.keepWhatReconcileUses(user)
	if err != nil {
		t.Fatal(err)
	}
	return cached.(*v1alpha1.ClerkUser)
}

// TestClerkUserFitsItsSizeClass guards a step in what the cache takes: Go allocates 896 bytes for a struct of 769 to 896 bytes, and
// 1,024 for a larger one. Every ClerkUser pays for a field that is added here, whether it uses the field or not; what few use goes
// behind a pointer that several fields share.
func TestClerkUserFitsItsSizeClass(t *testing.T) {
	t.Parallel()
	const class = 896
	if size := unsafe.Sizeof(v1alpha1.ClerkUser{}); size > class {
		t.Errorf("a ClerkUser has %d bytes, more than the size class of %d", size, class)
	}
}

// TestCachedUserIsSmall guards what an operator with many users needs most of its memory for. It runs alone, because it measures the
// heap of the process.
func TestCachedUserIsSmall(t *testing.T) {
	// 2,013 bytes, and 100 more with the race detector.
	const count, limit = 2000, 2150
	reduced, kept := newTransform(), make([]*v1alpha1.ClerkUser, count)
	before := heap()
	for i := range kept {
		kept[i] = cachedUser(t, reduced, i)
		if i%100 == 0 {
			runtime.GC()
		}
	}
	if each := (heap() - before) / count; each > limit {
		t.Errorf("a user takes %d bytes in the cache, want at most %d", each, limit)
	} else {
		t.Logf("a user takes %d bytes in the cache", each)
	}
	runtime.KeepAlive(kept)
}

// heap returns the bytes of all objects that are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

func TestCachedUsersShareTexts(t *testing.T) {
	t.Parallel()
	reduced := newTransform()
	one := cachedUser(t, reduced, 1)
	runtime.GC()
	two := cachedUser(t, reduced, 2)
	texts := func(user *v1alpha1.ClerkUser) map[string]string {
		spec, status := &user.Spec, &user.Status
		return map[string]string{
			"kind": user.Kind, "apiVersion": user.APIVersion, "namespace": user.Namespace, "finalizer": user.Finalizers[0],
			"instance": spec.InstanceRef.Name, "namespace of the instance": *spec.InstanceRef.Namespace,
			"bound instance": status.Instance.Name, "namespace of the bound instance": status.Instance.Namespace,
			"id of the bound instance": status.Instance.ID, "origin": string(status.Origin), "onDelete": string(status.OnDelete),
			"pending change": status.PendingChanges[0], "pointer": status.Applied.Metadata[0],
			"type of a condition": status.Conditions[0].Type, "status of a condition": string(status.Conditions[0].Status),
			"reason of a condition": status.Conditions[0].Reason, "message of a condition": status.Conditions[0].Message,
		}
	}
	twos := texts(two)
	for name, text := range texts(one) {
		if unsafe.StringData(text) != unsafe.StringData(twos[name]) {
			t.Errorf("each user has a %s %q of its own", name, text)
		}
	}
	if unsafe.StringData(one.Spec.EmailAddresses[0].Address) != unsafe.StringData(one.Status.Applied.EmailAddresses[0]) {
		t.Error("a user has its address twice")
	}
}

func TestCachedSecretsShareTexts(t *testing.T) {
	t.Parallel()
	reduced := newTransform()
	var kept []*metav1.PartialObjectMetadata
	for range 2 {
		secret := &metav1.PartialObjectMetadata{}
		const stored = `{"kind": "Secret", "apiVersion": "v1", "metadata": {"namespace": "people", "name": "ann"}}`
		if err := json.UnmarshalCaseSensitivePreserveInts([]byte(stored), secret); err != nil {
			t.Fatal(err)
		}
		if _, err := reduced.keepNameOnly(secret); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, secret)
	}
	one, two := kept[0], kept[1]
	if unsafe.StringData(one.Namespace) != unsafe.StringData(two.Namespace) || unsafe.StringData(one.Kind) != unsafe.StringData(two.Kind) {
		t.Error("each Secret has a namespace and a kind of its own")
	}
}

func TestSharedTextsAreFew(t *testing.T) {
	t.Parallel()
	s := &sharedTexts{}
	long := strings.Repeat("a", maxSharedLength+1)
	s.share(&long, nil)
	if len(s.known) != 0 {
		t.Error("a long text is kept")
	}
	for i := range 3 * maxSharedTexts {
		text := fmt.Sprint(i)
		want := text
		if s.share(&text); text != want || len(s.known) > maxSharedTexts {
			t.Fatalf("%q became %q, and %d texts are kept", want, text, len(s.known))
		}
	}
}
