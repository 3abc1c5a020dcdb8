// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// declared is what the ClerkUsers of the cluster declare already.
type declared struct {
	clusterID string
	// userIDs are the users that have a ClerkUser.
	userIDs map[string]bool
	// objects are the ClerkUsers as namespace/name, and names those in the namespace of the manifests with the ids of their users.
	objects map[string]bool
	names   map[string]string
	// partial is true if only the ClerkUsers of the manifests' namespace could be read.
	partial bool
}

// readDeclared reads the ClerkUsers of all namespaces, or, without the right to that, of one.
func readDeclared(ctx context.Context, reader client.Reader, namespace, clusterID string) (*declared, error) {
	d := newDeclared(clusterID)
	err := cli.EachUser(ctx, reader, metav1.NamespaceAll, func(u *v1alpha1.ClerkUser) { d.add(u, namespace) })
	if apierrors.IsForbidden(err) {
		d = newDeclared(clusterID)
		d.partial = true
		err = cli.EachUser(ctx, reader, namespace, func(u *v1alpha1.ClerkUser) { d.add(u, namespace) })
	}
	return d, err
}

func newDeclared(clusterID string) *declared {
	return &declared{clusterID: clusterID, userIDs: map[string]bool{}, objects: map[string]bool{}, names: map[string]string{}}
}

func (d *declared) add(u *v1alpha1.ClerkUser, namespace string) {
	id := u.Status.UserID
	if id == "" && u.Spec.UserID != nil {
		id = *u.Spec.UserID
	}
	if id != "" {
		d.userIDs[id] = true
	}
	d.objects[u.Namespace+"/"+u.Name] = true
	if u.Namespace == namespace {
		d.names[u.Name] = id
	}
}

// standing is why a user is not imported; "" if it is.
type standing string

// Reasons not to import a user.
const (
	// hasObject: a ClerkUser of the cluster has the user.
	hasObject standing = "hasObject"
	// orphaned: a ClerkUser of the cluster had the user, and does not exist any more.
	orphaned standing = "orphaned"
	// ofAnotherCluster: another cluster manages the user, or the owner mark cannot be read.
	ofAnotherCluster standing = "ofAnotherCluster"
)

// standingOf returns why a user is not imported.
func (d *declared) standingOf(u *clerk.User) standing {
	if d.userIDs[u.ID] {
		return hasObject
	}
	mark, marked := plan.FindMark(u)
	switch {
	case !marked:
		return ""
	case d.clusterID == "" || mark.Cluster != d.clusterID:
		return ofAnotherCluster
	case d.objects[mark.Namespace+"/"+mark.Name] || d.partial:
		return hasObject
	default:
		return orphaned
	}
}

// refusals says why the operator will not let the manifests have their users; nil if it will.
func refusals(ctx context.Context, reader client.Reader, instance *v1alpha1.ClerkInstance, namespace string) []string {
	var found []string
	name := instance.Namespace + "/" + instance.Name
	admitted, err := index.Admits(ctx, reader, instance, namespace)
	switch {
	case err != nil:
		found = append(found, fmt.Sprintf("it is not known whether ClerkInstance %s admits namespace %s: %v", name, namespace, err))
	case !admitted:
		found = append(found, fmt.Sprintf("ClerkInstance %s does not admit namespace %s; add it to spec.allowedNamespaces", name, namespace))
	}
	switch scope := instance.Spec.Adoption(); {
	case scope == v1alpha1.AdoptionNone:
		found = append(found, fmt.Sprintf("ClerkInstance %s lets nobody adopt users; set spec.policy.adoption", name))
	case scope == v1alpha1.AdoptionSameNamespace && namespace != instance.Namespace:
		found = append(found, fmt.Sprintf("ClerkInstance %s lets ClerkUsers of its own namespace adopt users only; set spec.policy.adoption: All, or import into namespace %s",
			name, instance.Namespace))
	}
	return found
}
