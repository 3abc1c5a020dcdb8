// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// outcome is what a report says about one user with a mark.
func outcome(r Report) string {
	switch {
	case len(r.Orphans) == 1:
		return string(r.Orphans[0].Cause)
	case len(r.Banned) == 1:
		return "banned"
	case r.Managed == 1:
		return "managed"
	case r.Unfinished == 1:
		return "unfinished"
	case r.NotKnown == 1:
		return "not known"
	}
	return "nothing"
}

func TestStandingOfAUserWithAMark(t *testing.T) {
	t.Parallel()
	deleting := clerkUser("ada", "uid-ada", "user_1")
	deleting.DeletionTimestamp, deleting.Finalizers = ptr.To(metav1.Now()), []string{v1alpha1.Finalizer}
	adopting := clerkUser("eve", "uid-eve", "")
	adopting.Spec.UserID = ptr.To("user_1")
	otherInstance := clerkUser("ada", "uid-ada", "user_1")
	otherInstance.Status.Instance = &v1alpha1.BoundInstance{Namespace: "other", Name: "same-clerk", ID: "ins_1"}
	banned := markOf("ada")
	banned.BannedOnDelete = true
	changed := userWith("user_1", markOf("eve").String())
	for name, test := range map[string]struct {
		mark    string
		objects []client.Object
		// later is the user when it is read again; nil is as before.
		later *clerk.User
		gone  bool
		want  string
	}{
		"Bound":                    {objects: []client.Object{clerkUser("ada", "uid-ada", "user_1")}, want: "managed"},
		"BoundThroughAnother":      {objects: []client.Object{otherInstance}, want: "managed"},
		"BoundAfterARestore":       {objects: []client.Object{clerkUser("ada", "new-uid", "user_1")}, want: "managed"},
		"TransferredOrRenamed":     {objects: []client.Object{clerkUser("eve", "uid-eve", "user_1")}, want: "managed"},
		"NamedBySpec":              {objects: []client.Object{adopting}, want: "managed"},
		"BeingDeleted":             {objects: []client.Object{deleting}, want: "unfinished"},
		"BeingCreated":             {objects: []client.Object{clerkUser("ada", "uid-ada", "")}, want: "unfinished"},
		"RestoredWithoutStatus":    {objects: []client.Object{clerkUser("ada", "new-uid", "")}, want: "unfinished"},
		"PendingDeletion":          {objects: []client.Object{instanceWith(v1alpha1.PendingDeletion{UID: "uid-ada", Policy: v1alpha1.DeletionDelete})}, want: "unfinished"},
		"PendingDeletionOfTheUser": {objects: []client.Object{instanceWith(v1alpha1.PendingDeletion{UID: "x", UserID: "user_1", Policy: v1alpha1.DeletionBan})}, want: "unfinished"},
		"NoClerkUser":              {objects: []client.Object{clerkUser("eve", "uid-eve", "user_2")}, want: "NoClerkUser"},
		"NameReused":               {objects: []client.Object{clerkUser("ada", "new-uid", "user_2")}, want: "NameReused"},
		"OtherUser":                {objects: []client.Object{clerkUser("ada", "uid-ada", "user_2")}, want: "OtherUser"},
		"BannedOnDelete":           {mark: banned.String(), want: "banned"},
		"BannedAndNameReused":      {mark: banned.String(), objects: []client.Object{clerkUser("ada", "new-uid", "user_2")}, want: "banned"},
		"GoneWhenReadAgain":        {gone: true, want: "unfinished"},
		"TransferredWhenReadAgain": {later: changed, want: "unfinished"},
		"MarkRemovedWhenReadAgain": {later: &clerk.User{ID: "user_1"}, want: "unfinished"},
		"OfAnotherCluster":         {mark: "v1 there team/ada uid-ada created", want: "nothing"},
		"NameThatNoObjectCanHave":  {mark: "v1 here team/Ada! uid-ada created", want: "nothing"},
		"MarkOfAnotherVersion":     {mark: "v2 here team/ada uid-ada created", want: "nothing"},
		"NamespaceThatCannotBe":    {mark: "v1 here te.am/ada uid-ada created", want: "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.mark == "" {
				test.mark = markOf("ada").String()
			}
			at := &atClerkFake{pages: [][]*clerk.User{{userWith("user_1", test.mark)}}, later: map[string]*clerk.User{}}
			if test.later != nil || test.gone {
				at.later["user_1"] = test.later
			}
			if report, _ := find(t, clusterWith(t, nil, test.objects...), at); outcome(report) != test.want {
				t.Errorf("it is %s, want %s", outcome(report), test.want)
			}
		})
	}
}

// The ClerkUser of a creation that runs exists before its user, so it must be read after the user.
func TestClerkUsersAreReadAfterTheUsers(t *testing.T) {
	t.Parallel()
	cluster := clusterWith(t, nil)
	at := &atClerkFake{pages: [][]*clerk.User{{userWith("user_1", markOf("ada").String())}}}
	at.afterPages = func() {
		if err := cluster.Create(t.Context(), clerkUser("ada", "uid-ada", "")); err != nil {
			t.Error(err)
		}
	}
	if report, _ := find(t, cluster, at); outcome(report) != "unfinished" {
		t.Errorf("it is %s", outcome(report))
	}
}

func TestSearchWithRightsOnOneNamespace(t *testing.T) {
	t.Parallel()
	elsewhere := markOf("bob")
	elsewhere.Namespace = "secret"
	at := &atClerkFake{pages: [][]*clerk.User{
		{userWith("user_1", markOf("ada").String()), userWith("user_2", elsewhere.String())}, {userWith("user_3", markOf("eve").String())},
	}}
	cluster := clusterWith(t, []string{"team"}, clerkUser("ada", "uid-ada", "user_1"), instanceWith())
	report, _ := find(t, cluster, at)
	if report.Managed != 1 || report.NotKnown != 1 || len(report.Orphans) != 1 || report.Orphans[0].UserID != "user_3" {
		t.Errorf("the report is %+v", report)
	}
	s := search{cluster: clusterWith(t, []string{}), users: at, instance: instanceWith(), clusterID: "here", progress: func(int) {}}
	if _, _, err := s.run(t.Context()); err == nil {
		t.Error("without any right, there is no error")
	}
}

func TestManyCandidatesAreReadAgainInParts(t *testing.T) {
	t.Parallel()
	at := &atClerkFake{pages: make([][]*clerk.User, 1)}
	for n := range 2*clerk.MaxListIDs + 1 {
		name := fmt.Sprintf("u%03d", n)
		at.pages[0] = append(at.pages[0], userWith("user_"+name, markOf(name).String()))
	}
	report, _ := find(t, clusterWith(t, nil), at)
	if len(report.Orphans) != 201 || at.asked != 3 {
		t.Errorf("there are %d orphans after %d calls", len(report.Orphans), at.asked)
	}
}

func TestMarksOfOtherClustersAreBounded(t *testing.T) {
	t.Parallel()
	m := newMarks("here")
	for n := range maxClusters + 10 {
		m.add(userWith("user_1", fmt.Sprintf("v1 cluster-%d team/ada uid created", n)))
		m.add(userWith("user_2", "v1 cluster-0 team/ada uid created"))
	}
	if len(m.others) != maxClusters+1 || m.others[remainingClusters] != 10 || m.others["cluster-0"] != maxClusters+11 || len(m.ours) > 0 {
		t.Errorf("%d clusters are counted, %d apart", len(m.others), m.others[remainingClusters])
	}
	counts := otherClusters(map[string]int{"b": 1, "a": 1, "most": 3})
	if diff := cmp.Diff([]ClusterCount{{"most", 3}, {"a", 1}, {"b", 1}}, counts); diff != "" {
		t.Errorf("the order differs (-want +got):\n%s", diff)
	}
}

func TestIdentifierOf(t *testing.T) {
	t.Parallel()
	for want, u := range map[string]*clerk.User{
		"ada@example.com": {PrimaryEmailAddressID: "2", EmailAddresses: []clerk.EmailAddress{{ID: "1"}, {ID: "2", Address: "ada@example.com"}}, Username: "ada"},
		"ada":             {Username: "ada", PrimaryPhoneNumberID: "1", PhoneNumbers: []clerk.PhoneNumber{{ID: "1", Number: "+1"}}, ExternalID: "x"},
		"+1":              {PrimaryPhoneNumberID: "1", PhoneNumbers: []clerk.PhoneNumber{{ID: "1", Number: "+1"}}, ExternalID: "x"},
		"x":               {ExternalID: "x"},
		"":                {},
	} {
		if got := identifierOf(u); got != want {
			t.Errorf("the identifier is %q, want %q", got, want)
		}
	}
}
