// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// references are the Secrets and ConfigMaps that some objects name.
type references map[id]bool

func (r references) add(namespace string, entries []source.Reference) {
	for _, at := range entries {
		r[id{schema.GroupKind{Kind: at.Kind}, namespace, at.Name}] = true
	}
}

func (r references) addUser(user *v1alpha1.ClerkUser) { r.add(user.Namespace, source.References(user)) }

func (r references) addInstance(instance *v1alpha1.ClerkInstance) {
	r[id{schema.GroupKind{Kind: "Secret"}, instance.Namespace, instance.Spec.SecretKeyRef.Name}] = true
}

// withoutUnused leaves out Secrets and ConfigMaps that neither the manifests nor objects of the cluster name: they change nothing at
// Clerk, and the caller need not have any right on them.
func withoutUnused(ctx context.Context, cluster client.Reader, objects []manifest) ([]manifest, error) {
	named := references{}
	namespaces := map[string]bool{}
	for _, one := range objects {
		if isSource(one.id().kind) {
			namespaces[one.GetNamespace()] = true
		} else {
			named.addManifest(one)
		}
	}
	for namespace := range namespaces {
		if err := named.addCluster(ctx, cluster, namespace); err != nil {
			return nil, err
		}
	}
	var used []manifest
	for _, one := range objects {
		if !isSource(one.id().kind) || named[one.id()] {
			used = append(used, one)
		}
	}
	return used, nil
}

// addManifest adds what a manifest names. One that does not decode names nothing; the API server says what is wrong with it.
func (r references) addManifest(one manifest) {
	user, instance, action := &v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{}, &v1alpha1.ClerkUserAction{}
	switch kind := one.GetKind(); {
	case kind == userKind && decode(one.Unstructured, user) == nil:
		r.addUser(user)
	case kind == instanceKind && decode(one.Unstructured, instance) == nil:
		r.addInstance(instance)
	case kind == actionKind && decode(one.Unstructured, action) == nil:
		r.add(action.Namespace, source.ActionReferences(&action.Spec))
	}
}

// addCluster adds what the objects of a namespace name.
func (r references) addCluster(ctx context.Context, cluster client.Reader, namespace string) error {
	if err := cli.EachUser(ctx, cluster, namespace, r.addUser); err != nil {
		return err
	}
	instances := &v1alpha1.ClerkInstanceList{}
	if err := cluster.List(ctx, instances, client.InNamespace(namespace)); err != nil {
		return cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances", Namespace: namespace})
	}
	for i := range instances.Items {
		r.addInstance(&instances.Items[i])
	}
	return nil
}

// sourceOf names the Secret or ConfigMap that the value of a field of a ClerkUser is from, such as "Secret ann-password"; "" if it
// can be from more than one.
func sourceOf(user *v1alpha1.ClerkUser, field string) string {
	prefix := "spec." + field
	if strings.HasPrefix(field, plan.FieldPrivateMetadata) {
		prefix = "spec.privateMetadataFrom"
	}
	found := ""
	for _, at := range source.References(user) {
		switch name := at.Kind + " " + at.Name; {
		case !strings.HasPrefix(at.Field, prefix), name == found:
		case found != "":
			return ""
		default:
			found = name
		}
	}
	return found
}

// decode converts an object. Its error names no value.
func decode(from *unstructured.Unstructured, into client.Object) error {
	text, err := json.Marshal(from.Object)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		return fmt.Errorf("decoding a %s: %T", from.GetKind(), err)
	}
	return nil
}
