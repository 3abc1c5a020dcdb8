// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestCacheOfSecretsKeepsWhatNamesAVersion(t *testing.T) {
	t.Parallel()
	kept := metav1.ObjectMeta{Namespace: "team-a", Name: "clerk", UID: "uid", ResourceVersion: "7"}
	full := kept
	full.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": `{"data":{"secret-key":"c2VjcmV0"}}`}
	full.Labels = map[string]string{"password": "hunter2"}
	full.OwnerReferences = []metav1.OwnerReference{{Name: "owner"}}
	full.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
	full.Finalizers = []string{"f"}
	full.CreationTimestamp = metav1.Now()
	typeMeta := metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}

	got, err := keepNameOnly(&metav1.PartialObjectMetadata{TypeMeta: typeMeta, ObjectMeta: full})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&metav1.PartialObjectMetadata{TypeMeta: typeMeta, ObjectMeta: kept}, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for _, other := range []any{&corev1.ConfigMap{ObjectMeta: full}, "text", nil} {
		if got, err := keepNameOnly(other); err != nil || !cmp.Equal(got, other) {
			t.Errorf("keepNameOnly(%T) = %v, %v; want it as it was", other, got, err)
		}
	}
}

func TestSchemeKnowsOurKindsAndTheirSecrets(t *testing.T) {
	t.Parallel()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range []client.Object{
		&v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{}, &corev1.Secret{}, &corev1.ConfigMap{}, &corev1.Namespace{},
	} {
		if _, _, err := scheme.ObjectKinds(object); err != nil {
			t.Errorf("%T: %v", object, err)
		}
	}
}

func TestManagerWatchesWhatItIsTold(t *testing.T) {
	t.Parallel()
	scheme, err := Scheme()
	if err != nil {
		t.Fatal(err)
	}
	all := ManagerOptions(scheme, nil)
	if all.Cache.DefaultNamespaces != nil {
		t.Errorf("without a list, namespaces are restricted to %v", all.Cache.DefaultNamespaces)
	}
	some := ManagerOptions(scheme, []string{"team-a", "team-b"})
	if len(some.Cache.DefaultNamespaces) != 2 {
		t.Errorf("watched are %v, want two namespaces", some.Cache.DefaultNamespaces)
	}
	uncached := map[string]bool{}
	for _, object := range some.Client.Cache.DisableFor {
		kinds, _, err := scheme.ObjectKinds(object)
		if err != nil {
			t.Fatal(err)
		}
		uncached[kinds[0].Kind] = true
	}
	if !uncached["Secret"] || !uncached["ConfigMap"] {
		t.Errorf("not cached are %v, want Secrets and ConfigMaps among them", uncached)
	}
	if !some.LeaderElectionReleaseOnCancel {
		t.Error("a replica that stops keeps the lease until it runs out")
	}
	for object, how := range some.Cache.ByObject {
		stripped, err := how.Transform(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"b": "c"}}})
		if metadata, ok := stripped.(*metav1.PartialObjectMetadata); err != nil || !ok || metadata.Labels != nil {
			t.Errorf("%s is cached with its labels (%v)", object.GetObjectKind().GroupVersionKind(), err)
		}
	}
}

func TestPassesAreBounded(t *testing.T) {
	t.Parallel()
	options := controllerOptions(7)
	if options.MaxConcurrentReconciles != 7 || options.ReconciliationTimeout != time.Minute || options.EnableWarmup == nil || !*options.EnableWarmup {
		t.Errorf("options are %+v", options)
	}
}
