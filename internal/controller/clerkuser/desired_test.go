// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"bytes"
	"image"
	"image/png"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// The desired state and its diff are computed once for each change of their inputs.
func TestDesiredIsBuiltOnceForEachChangeOfItsInputs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*reconciliation)
		again  bool
	}{
		"Nothing":          {func(*reconciliation) {}, false},
		"SameRecord":       {func(rec *reconciliation) { rec.record = plan.NewRecord(&v1alpha1.Applied{}) }, false},
		"Record":           {func(rec *reconciliation) { rec.record.InheritBan() }, true},
		"Origin":           {func(rec *reconciliation) { rec.origin = v1alpha1.OriginAdopted }, true},
		"FirstOrigin":      {func(rec *reconciliation) { rec.origin = v1alpha1.OriginCreated }, false},
		"SourcesReadAgain": {func(rec *reconciliation) { rec.reads++ }, true},
		"LockWasLifted":    {func(rec *reconciliation) { rec.fields().unlocked = true }, true},
		"SpecIsInvalid":    {func(rec *reconciliation) { rec.onlyRestricts = true; rec.origin = v1alpha1.OriginAdopted }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := desiredReconciliation(t, newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(false) }))
			before, user := rec.desired, clerkUser("ann@example.com")
			if len(rec.diff(user)) == 0 {
				t.Fatal("nothing differs")
			}
			planned := &rec.diff(user)[0]
			if &rec.diff(user)[0] != planned {
				t.Error("the same is planned twice")
			}
			tc.change(rec)
			if err := rec.buildDesired(); err != nil {
				t.Fatal(err)
			}
			if again := rec.desired != before; again != tc.again {
				t.Errorf("desired is built again: %t, want %t", again, tc.again)
			}
			if again := &rec.diff(user)[0] != planned; again != tc.again {
				t.Errorf("the plan is made again: %t, want %t", again, tc.again)
			}
		})
	}
}

// testImage is the smallest image of one colour.
func testImage(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// storeSecret writes entry value of Secret ann.
func (f *fixture) storeSecret(value string) {
	f.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "ann"}, Data: map[string][]byte{"value": []byte(value)},
	}
	err := f.cluster.Create(f.t.Context(), secret)
	if client.IgnoreAlreadyExists(err) != nil {
		f.t.Fatal(err)
	}
	if err == nil {
		return
	}
	if err := f.cluster.Update(f.t.Context(), secret); err != nil {
		f.t.Fatal(err)
	}
}

func secretSelector() v1alpha1.SecretKeySelector {
	return v1alpha1.SecretKeySelector{Name: "ann", Key: "value"}
}

func withImage(u *v1alpha1.ClerkUser) {
	at := secretSelector()
	u.Spec.ProfileImage = &v1alpha1.ProfileImage{SecretKeyRef: &at}
}

func TestCorrectedSourceIsNoticedWithoutAWatch(t *testing.T) {
	t.Parallel()
	password := func(u *v1alpha1.ClerkUser) { u.Spec.Password = &v1alpha1.Password{SecretKeyRef: secretSelector()} }
	tests := map[string]struct {
		declare         func(*v1alpha1.ClerkUser)
		bad, good, says string
		calls           int
	}{
		"Invalid": {withImage, "<svg/>", testImage(t), v1alpha1.ReasonInvalidSpec, 0},
		"NoText":  {password, "\xff", "first-Of-All-77", v1alpha1.ReasonInvalidSpec, 0},
		"Refused": {password, "password123", "first-Of-All-77", v1alpha1.ReasonRejectedByClerk, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.storeSecret(tc.bad)
			user := newTestUser("ann")
			tc.declare(user)
			f.create(user)
			result := f.expectReason("ann", tc.says)
			for range 3 {
				if result.RequeueAfter <= 0 || result.RequeueAfter > time.Minute {
					t.Fatalf("requeued after %s, want a minute", result.RequeueAfter)
				}
				f.clock.advance(result.RequeueAfter)
				result = f.expectReason("ann", tc.says)
			}
			f.expectCalls(tc.calls)
			f.storeSecret(tc.good)
			f.expectReason("ann", v1alpha1.ReasonInSync)
		})
	}
}

func TestRefusalAfterCreationBacksOffAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.storeSecret(testImage(t))
	codes := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "codes"}, Data: map[string][]byte{"value": []byte("alpha1234")},
	}
	if err := f.cluster.Create(t.Context(), codes); err != nil {
		t.Fatal(err)
	}
	user := newTestUser("ann")
	withImage(user)
	user.Spec.Initial = &v1alpha1.InitialValues{BackupCodesSecretRef: &v1alpha1.SecretKeySelector{Name: "codes", Key: "value"}}
	f.create(user)
	f.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/profile_image", Status: 422, Code: "form_param_value_invalid", Times: -1})
	f.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	f.expectCalls(2)
	f.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	f.expectCalls(2)
}

func TestChangedSourceComesFirst(t *testing.T) {
	t.Parallel()
	was := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "ann", ResourceVersion: "1"}}
	is := was.DeepCopy()
	is.ResourceVersion = "2"
	if got := priorityOfSource(was, is); got != reconcile.PriorityEdited {
		t.Errorf("a change has priority %d", got)
	}
	if got := priorityOfSource(was, was); got != reconcile.PriorityLow {
		t.Errorf("a resync has priority %d", got)
	}
}
