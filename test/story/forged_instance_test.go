// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestForgedStatusOfAnInstance has a ClerkInstance with a key that Clerk rejects, and somebody who may write its status: it names the
// Clerk instance of others, and later no Clerk instance at all.
func TestForgedStatusOfAnInstance(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.createSecret("forged", env.anotherKey("forged"))
	forged := env.instance()
	forged.Name, forged.Spec.SecretKeyRef.Name = "forged", "forged"
	forged.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: time.Hour}}
	env.create(forged)
	env.eventually("Clerk to reject the key", func() error {
		env.get(forged, "forged")
		if ready := meta.FindStatusCondition(forged.Status.Conditions, v1alpha1.ConditionReady); ready == nil || ready.Reason != v1alpha1.ReasonKeyRejected {
			return errNotYet
		}
		return nil
	})
	edit := func(change func(*v1alpha1.ClerkInstanceStatus)) {
		env.get(forged, "forged")
		before := forged.DeepCopy()
		change(&forged.Status)
		if err := env.client.Status().Patch(t.Context(), forged, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(s *v1alpha1.ClerkInstanceStatus) {
		s.InstanceID, s.Environment = env.clerk.ID(), v1alpha1.EnvironmentProduction
		s.Deletions = &v1alpha1.DeletionCount{Since: metav1.Now(), Count: 77}
	})
	of, named := " clerk_instance="+env.clerk.ID(), " environment=Production resource_name="
	env.expectSeries(map[string]float64{
		"clerkinstance_info" + of + named + "default resource_namespace=" + env.namespace:               1,
		"clerkinstance_info clerk_instance=none" + named + "forged resource_namespace=" + env.namespace: 1,
		"deletion_brake_max" + of: v1alpha1.DefaultBrakeMaxCount,
	}, "clerkinstance_info", "deletion_brake_deletions", "deletion_brake_max")
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectUsers(0)

	edit(func(s *v1alpha1.ClerkInstanceStatus) {
		s.InstanceID, s.Environment = "none", v1alpha1.EnvironmentDevelopment
	})
	env.expectSeries(map[string]float64{
		"clerkinstance_info" + of + named + "default resource_namespace=" + env.namespace:                                         1,
		"clerkinstance_info clerk_instance=none environment=Development resource_name=forged resource_namespace=" + env.namespace: 1,
		"deletion_brake_max" + of: v1alpha1.DefaultBrakeMaxCount, "deletion_brake_deletions" + of: 1,
	}, "clerkinstance_info", "deletion_brake_deletions", "deletion_brake_max")
	env.expectNoWrites()
}
