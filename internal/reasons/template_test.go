// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

func TestAdviceHasTheNamesOfTheMessage(t *testing.T) {
	t.Parallel()
	subject := reasons.Subject{Kind: "ClerkUser", Namespace: "team-a", Name: "ann", InstanceNamespace: "team-a", InstanceName: "default"}
	tests := map[string]struct {
		reason, message string
		want            []string
		fits            bool
	}{
		"OtherObject": {
			v1alpha1.ReasonConflict,
			"ClerkUser bob of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)",
			[]string{"kubectl get clerkuser -n team-a bob -o wide", "kubectl edit clerkuser -n team-a ann"}, true,
		},
		"OtherObjectWithTheSameFields": {
			v1alpha1.ReasonConflict,
			"ClerkUser bob of this namespace manages the user with the same spec.emailAddresses, spec.username; if this object is for another person, " +
				"change spec.emailAddresses, spec.username; otherwise delete one of the two (deleting this one leaves the user as it is)",
			[]string{"kubectl get clerkuser -n team-a bob -o wide", "kubectl edit clerkuser -n team-a ann"}, true,
		},
		"SecondCase": {
			v1alpha1.ReasonConflict,
			"this object created user user_1 before spec.userID named another; set spec.userID to user_1, or delete this object (and with it that user) and create another for the intended user",
			[]string{`kubectl patch clerkuser -n team-a ann --type=merge -p '{"spec":{"userID":"user_1"}}'`}, true,
		},
		"InstanceOfTheMessage": {
			v1alpha1.ReasonInstanceNotReady, "ClerkInstance platform/live cannot be used: Clerk rejects its key",
			[]string{"kubectl get clerkinstance -n platform live -o wide"}, true,
		},
		"InstanceOfTheObject": {
			v1alpha1.ReasonRetrying, "calls fail and are retried: clerk answered 503",
			[]string{"kubectl get clerkinstance -n team-a default -o wide"}, true,
		},
		"AmongOtherProblems": {
			v1alpha1.ReasonSecretNotFound,
			"spec.password.secretKeyRef: Secret ann has no entry password, or an empty one; put the value there; spec.locale: more",
			[]string{"kubectl describe secret -n team-a ann"}, true,
		},
		"UnknownMessage": {v1alpha1.ReasonConflict, "something else", []string{"kubectl edit clerkuser -n team-a ann"}, false},
		"NameThatAShellWouldRun": {
			v1alpha1.ReasonConflict,
			"ClerkUser $(reboot) of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)",
			[]string{"kubectl edit clerkuser -n team-a ann"}, true,
		},
		"NameThatIsAFlag": {
			v1alpha1.ReasonConflict,
			"ClerkUser --all of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)",
			[]string{"kubectl edit clerkuser -n team-a ann"}, true,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, found := reasons.Advise(subject, metav1.Condition{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: tc.reason, Message: tc.message,
			})
			if !found || got.Fits != tc.fits {
				t.Fatalf("found %t, fits %t; want true, %t", found, got.Fits, tc.fits)
			}
			if diff := cmp.Diff(tc.want, got.Commands); diff != "" {
				t.Errorf("commands (-want +got):\n%s", diff)
			}
		})
	}
}

func TestACaseHasItsOwnUrgency(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]reasons.Urgency{
		"the key in Secret clerk belongs to instance ins_1":                                                                           reasons.None,
		"the key is gone from entry key of Secret clerk; put it there again: the operator uses the cached key only until it restarts": reasons.Act,
	} {
		got, found := reasons.Advise(reasons.Subject{Kind: reasons.KindInstance}, metav1.Condition{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonKeyAccepted, Message: message,
		})
		if !found || got.Urgency != want {
			t.Errorf("%s: urgency %s, want %s", message, got.Urgency, want)
		}
	}
}

func TestWhatIsNotInTheTable(t *testing.T) {
	t.Parallel()
	for _, c := range []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Unheard"},
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonConflict},
	} {
		if got, found := reasons.Advise(reasons.Subject{Kind: "ClerkUser"}, c); found {
			t.Errorf("%v is %+v", c, got)
		}
	}
}

func TestUrgencyIsWritten(t *testing.T) {
	t.Parallel()
	for urgency := reasons.None; urgency <= reasons.Now; urgency++ {
		text, err := json.Marshal(urgency)
		if err != nil {
			t.Fatal(err)
		}
		var back reasons.Urgency
		if err := json.Unmarshal(text, &back); err != nil || back != urgency || urgency.Sentence() == "" {
			t.Errorf("%s is read as %s: %v", text, back, err)
		}
	}
	var none reasons.Urgency
	if err := none.UnmarshalText([]byte("soon")); err == nil || none.Sentence() != "" {
		t.Error("an unknown urgency is accepted")
	}
	if got := reasons.Urgency(9).String(); got != "Urgency(9)" {
		t.Error(got)
	}
}
