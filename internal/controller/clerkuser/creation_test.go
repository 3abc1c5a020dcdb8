// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func userWithAnnotation(text string) *v1alpha1.ClerkUser {
	return newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Annotations = map[string]string{v1alpha1.AnnotationCreating: text}
	})
}

func TestAnnotationOfACreatingCallIsReadBack(t *testing.T) {
	t.Parallel()
	want := creation.Attempt{
		Kind: clerk.KindEmailAddress, Value: "ann@example.com", At: start,
		Applied: v1alpha1.Applied{
			Metadata: []string{"/publicMetadata/a~1b"}, EmailAddresses: []string{"ann@example.com"}, PhoneNumbers: []string{"+15555550100"},
			Banned: true, Locked: true,
		},
	}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	got := creation.Of(userWithAnnotation(string(text)))
	if got == nil {
		t.Fatalf("%s is not read back", text)
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if id := got.Identifier(); id != (clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}) {
		t.Errorf("the identifier is %+v", id)
	}
}

func TestInvalidAnnotationIsIgnored(t *testing.T) {
	t.Parallel()
	if c := creation.Of(newTestUser("ann")); c != nil {
		t.Errorf("without an annotation: %+v", c)
	}
	for name, text := range map[string]string{
		"Empty":        "",
		"NoJSON":       "true story",
		"NoObject":     `["external_id","7"]`,
		"EmptyObject":  `{}`,
		"NoKind":       `{"value":"7","at":"2026-03-04T05:06:07Z"}`,
		"NoValue":      `{"kind":"external_id","at":"2026-03-04T05:06:07Z"}`,
		"KindIsNoText": `{"kind":7,"value":"7"}`,
		"NoTime":       `{"kind":"external_id","value":"7","at":"yesterday"}`,
		"Cut":          `{"kind":"external_id","value":"7"`,
		"TwoObjects":   `{"kind":"external_id","value":"7"}{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c := creation.Of(userWithAnnotation(text)); c != nil {
				t.Errorf("%s reads as %+v", text, c)
			}
		})
	}
}

// desiredReconciliation returns a reconciliation that has built the desired state.
func desiredReconciliation(t *testing.T, user *v1alpha1.ClerkUser) *reconciliation {
	t.Helper()
	rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
	if err := rec.buildDesired(); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestAnnotationNamesTheStrongestIdentifier(t *testing.T) {
	t.Parallel()
	all := v1alpha1.ClerkUserSpec{
		ExternalID:     ptr.To("7"),
		EmailAddresses: []v1alpha1.EmailAddress{{Address: "B@example.com"}, {Address: "A@example.com", Primary: ptr.To(true)}},
		PhoneNumbers:   []v1alpha1.PhoneNumber{{Number: "+15555550100"}},
		Username:       ptr.To("Ann"),
		Initial:        &v1alpha1.InitialValues{Web3Wallets: []string{"0x00000000000000000000000000000000000000aB"}},
	}
	tests := map[string]struct {
		drop func(*v1alpha1.ClerkUserSpec)
		want clerk.Identifier
	}{
		"ExternalID":      {func(*v1alpha1.ClerkUserSpec) {}, clerk.Identifier{Kind: clerk.KindExternalID, Value: "7"}},
		"EmptyExternalID": {func(s *v1alpha1.ClerkUserSpec) { s.ExternalID = ptr.To("") }, clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "a@example.com"}},
		"Phone":           {func(s *v1alpha1.ClerkUserSpec) { s.ExternalID, s.EmailAddresses = nil, nil }, clerk.Identifier{Kind: clerk.KindPhoneNumber, Value: "+15555550100"}},
		"Username": {func(s *v1alpha1.ClerkUserSpec) {
			s.ExternalID, s.EmailAddresses, s.PhoneNumbers = nil, nil, nil
		}, clerk.Identifier{Kind: clerk.KindUsername, Value: "ann"}},
		"Wallet": {func(s *v1alpha1.ClerkUserSpec) {
			s.ExternalID, s.EmailAddresses, s.PhoneNumbers, s.Username = nil, nil, nil, nil
		}, clerk.Identifier{Kind: clerk.KindWeb3Wallet, Value: "0x00000000000000000000000000000000000000aB"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec = *all.DeepCopy()
				tc.drop(&u.Spec)
			})
			got := desiredReconciliation(t, user).nextAttempt(nil)
			if got.Identifier() != tc.want || !got.At.Equal(start) {
				t.Errorf("the annotation names %+v at %s, want %+v at %s", got.Identifier(), got.At, tc.want, start)
			}
		})
	}
}

func TestAnnotationKeepsTheFirstIdentifierAndCollectsWhatCallsAdd(t *testing.T) {
	t.Parallel()
	earlier := &creation.Attempt{
		Kind: clerk.KindExternalID, Value: "former", At: start.Add(-time.Hour),
		Applied: v1alpha1.Applied{EmailAddresses: []string{"former@example.com"}, Banned: true},
	}
	user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(true) })
	got := desiredReconciliation(t, user).nextAttempt(earlier)
	want := &creation.Attempt{
		Kind: clerk.KindExternalID, Value: "former", At: start.Add(-time.Hour),
		Applied:  v1alpha1.Applied{EmailAddresses: []string{"ann@example.com", "former@example.com"}, Banned: true, Locked: true},
		Instance: &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("annotation (-want +got):\n%s", diff)
	}
	nobody := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses = nil })
	if got := desiredReconciliation(t, nobody).nextAttempt(earlier); got != earlier {
		t.Errorf("a spec without an identifier makes it %+v", got)
	}
	if got := desiredReconciliation(t, nobody).nextAttempt(nil); got != nil {
		t.Errorf("a spec without an identifier makes %+v", got)
	}
}

func TestFormerAttempt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		annotation string
		want       bool
	}{
		"NoAnnotation":       {"", false},
		"StillInTheSpec":     {`{"kind":"email_address","value":"ann@example.com","at":"2026-03-04T05:06:07Z"}`, false},
		"AnotherAddress":     {`{"kind":"email_address","value":"former@example.com","at":"2026-03-04T05:06:07Z"}`, true},
		"SameTextOtherKind":  {`{"kind":"username","value":"ann@example.com","at":"2026-03-04T05:06:07Z"}`, true},
		"UnreadableIsNoneAt": {`{"kind":`, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			former := desiredReconciliation(t, userWithAnnotation(tc.annotation)).formerAttempt()
			if (former != nil) != tc.want {
				t.Errorf("former is %+v, want one: %t", former, tc.want)
			}
		})
	}
}

func TestMayCreate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*reconciliation)
		want   bool
	}{
		"NewObject":        {func(*reconciliation) {}, true},
		"Bound":            {func(rec *reconciliation) { rec.userID = testUserID }, false},
		"BoundAMomentAgo":  {func(rec *reconciliation) { rec.mirror.Bind(rec.uid(), testUserID) }, false},
		"NamesItsUser":     {func(rec *reconciliation) { rec.user.Spec.UserID = ptr.To(testUserID) }, false},
		"LostAnAdoptedOne": {func(rec *reconciliation) { rec.origin = v1alpha1.OriginAdopted }, false},
		"LostACreatedOne":  {func(rec *reconciliation) { rec.origin = v1alpha1.OriginCreated }, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			tc.change(rec)
			if got := rec.mayCreate(); got != tc.want {
				t.Errorf("may create: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestAnswerOfACreatingCallIsLost(t *testing.T) {
	t.Parallel()
	lost := emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Cut: true}
	tests := map[string]struct {
		fault emulator.Fault
		then  func(f *fixture)
		event string
	}{
		"CarriedOut":               {lost, func(*fixture) {}, v1alpha1.EventResumed},
		"NotCarriedOut":            {emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true}, func(*fixture) {}, v1alpha1.EventCreated},
		"CarriedOutBeforeARestart": {lost, (*fixture).restart, v1alpha1.EventResumed},
		"MalformedAnswer":          {emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Body: "{]"}, func(*fixture) {}, v1alpha1.EventResumed},
		"IdentifierEditedAfterwards": {lost, func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
		}, v1alpha1.EventResumed},
		"IdentifierEditedBeforeARestart": {lost, func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
			f.restart()
		}, v1alpha1.EventResumed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.server.InjectFault(tc.fault)
			f.expectReason("ann", v1alpha1.ReasonWaiting)
			tc.then(f)
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectEvent(tc.event)
			if user := f.onlyUser(); user.ID != f.user("ann").Status.UserID {
				t.Errorf("bound to %q, at Clerk is %q", f.user("ann").Status.UserID, user.ID)
			}
		})
	}
}

// A list may not show a new user for a minute. Only then does a former creating call count as failed.
func TestFormerCallCountsAsFailedAfterLag(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
	f.expectReason("ann", v1alpha1.ReasonWaiting)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	for at := time.Duration(0); at < clerk.LagTime; {
		result := f.reconcile("ann")
		if result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
			t.Fatalf("after %s it is requeued after %s", at, result.RequeueAfter)
		}
		if len(f.clerk.Users()) != 0 {
			t.Fatalf("after %s another user was created", at)
		}
		at += result.RequeueAfter
		f.clock.advance(result.RequeueAfter)
	}
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if c := creation.Of(f.user("ann")); f.onlyUser().EmailAddresses[0].EmailAddress != "new@example.com" || c.Value != "new@example.com" {
		t.Errorf("created was %+v under the annotation %+v", f.onlyUser().EmailAddresses, c)
	}
}
