// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func orphan(namespace, name, userID string, cause Cause) Orphan {
	return Orphan{UserID: userID, Namespace: namespace, Name: name, UID: "uid-" + name, Cause: cause, Identifier: name + "@example.com"}
}

const wholeReport = `ClerkInstance clerk/prod: 2 orphans among 40 users at Clerk

NAMESPACE   NAME   USER ID   WHY
team        ada    user_1    the ClerkUser does not exist
team        bob    user_2    a new ClerkUser of that name has another user

Marks of this cluster (id here): 9
  3 with a ClerkUser
  1 in creation, change or deletion
  2 banned by the deletionPolicy of their ClerkUsers (--banned lists them)
  1 of ClerkUsers in namespaces that you may not read
  2 without a ClerkUser: orphans
Marks of other clusters: 21
  6 of c5
  5 of c4
  4 of c3
  3 of c2
  2 of c1
  and 1 other cluster (-o json has all)
Marks that this version of the operator did not write: 4

To print ClerkUsers that bring them back: KUBECTL CLERK ORPHANS CLERK/PROD --ADOPT-MANIFESTS
`

func TestRenderWholeReport(t *testing.T) {
	t.Parallel()
	r := Report{
		InstanceNamespace: "clerk", InstanceName: "prod", ClusterID: "here", Users: 40, Marked: 9, Managed: 3, Unfinished: 1, NotKnown: 1,
		Orphans:    []Orphan{orphan("team", "ada", "user_1", NoClerkUser), orphan("team", "bob", "user_2", NameReused)},
		Banned:     make([]Orphan, 2),
		Unreadable: 4,
	}
	for n := 5; n >= 0; n-- {
		r.OtherClusters = append(r.OtherClusters, ClusterCount{ID: fmt.Sprintf("c%d", n), Users: n + 1})
	}
	var b strings.Builder
	if err := render(&b, r, false, strings.ToUpper); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeReport, b.String()); diff != "" {
		t.Errorf("the text differs (-want +got):\n%s", diff)
	}
	if hint := wrongCluster(r); hint != "" {
		t.Errorf("with marks of this cluster, the hint is %q", hint)
	}
}

const wholeManifests = `---
# user_1: the ClerkUser does not exist
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: ada
  namespace: clerk
spec:
  instanceRef:
    name: prod
  mode: Observe
  userID: user_1
---
# user_2: the ClerkUser does not exist
# The operator does not accept it as it is: reasons
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: bob
  namespace: team
spec:
  instanceRef:
    name: prod
    namespace: clerk
  mode: Observe
  userID: user_2
`

func TestManifests(t *testing.T) {
	t.Parallel()
	m := manifests{instance: instanceWith(), given: map[types.NamespacedName]bool{}}
	var b strings.Builder
	all := []Orphan{orphan("clerk", "ada", "user_1", NoClerkUser), orphan("team", "bob", "user_2", NoClerkUser)}
	if err := m.write(&b, all, map[string]string{"team": "reasons"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wholeManifests, b.String()); diff != "" {
		t.Errorf("the manifests differ (-want +got):\n%s", diff)
	}
	m.enforce = true
	if spec := m.spec(all[0]); spec.Mode != nil {
		t.Errorf("the mode is %s", *spec.Mode)
	}
}

// TestCommentIsOneLine has the id of something other than Clerk. It must not end the comment.
func TestCommentIsOneLine(t *testing.T) {
	t.Parallel()
	m := manifests{instance: instanceWith(), given: map[types.NamespacedName]bool{}}
	var b strings.Builder
	if err := m.write(&b, []Orphan{orphan("clerk", "ada", "user_1\n---\nkind: Secret", NoClerkUser)}, nil); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(b.String(), "\n"); slices.Index(lines, "---") != 0 || slices.Contains(lines[1:], "---") || slices.Contains(lines, "kind: Secret") {
		t.Errorf("the stream has another document:\n%s", b.String())
	}
}

func TestNamesOfManifestsAreFree(t *testing.T) {
	t.Parallel()
	taken := types.NamespacedName{Namespace: "team", Name: "ada"}
	m := manifests{reserved: map[types.NamespacedName]object{taken: {}}, given: map[types.NamespacedName]bool{}}
	first, second := m.name(orphan("team", "ada", "user_1", NameReused)), m.name(orphan("team", "ada", "user_2", NameReused))
	if !strings.HasPrefix(first, "ada-") || first == second {
		t.Errorf("the names are %s and %s", first, second)
	}
	if again := m.name(orphan("team", "ada", "user_1", NameReused)); len(again) != len("ada-")+16 {
		t.Errorf("a third name is %s", again)
	}
	long := strings.Repeat("a", maxName)
	m.given[types.NamespacedName{Namespace: "team", Name: long}] = true
	if name := m.name(orphan("team", long, "user_1", NoClerkUser)); len(name) > maxName {
		t.Errorf("a name has %d characters", len(name))
	}
}

func TestObstacles(t *testing.T) {
	t.Parallel()
	cluster := clusterWith(t, nil, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}})
	for name, test := range map[string]struct {
		adoption *v1alpha1.AdoptionScope
		from     v1alpha1.NamespacesFrom
		wants    string
	}{
		"Allowed":     {ptr.To(v1alpha1.AdoptionAll), v1alpha1.NamespacesFromAll, ""},
		"None":        {ptr.To(v1alpha1.AdoptionNone), v1alpha1.NamespacesFromAll, "policy.adoption of ClerkInstance clerk/prod is None"},
		"Default":     {nil, v1alpha1.NamespacesFromAll, "is SameNamespace; set it to All"},
		"NotAdmitted": {ptr.To(v1alpha1.AdoptionAll), v1alpha1.NamespacesFromSame, "does not admit namespace team"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := instanceWith()
			i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: test.adoption}
			i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: &test.from}
			got := obstaclesOf(t.Context(), cluster, i, []Orphan{orphan("team", "ada", "user_1", NoClerkUser), orphan("team", "bob", "user_2", NoClerkUser)})
			if len(got) > 1 || !strings.Contains(got["team"], test.wants) || (test.wants == "") != (got["team"] == "") {
				t.Errorf("the obstacles are %v", got)
			}
		})
	}
	if why := obstacle(t.Context(), cluster, instanceWith(), "clerk"); why != "" {
		t.Errorf("in its own namespace, the obstacle is %q", why)
	}
}
