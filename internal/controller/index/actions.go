// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package index

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

const (
	// ActionUser finds unfinished ClerkUserActions by the name of the ClerkUser that they refer to, which is in their own
	// namespace.
	ActionUser = "clerk-operator.io/action-user"
	// ActionSource finds unfinished ClerkUserActions by the Secret that they read, in the format of SourceOf.
	ActionSource = "clerk-operator.io/action-source"
)

// RegisterActions adds the indexes of ClerkUserActions to a cache.
func RegisterActions(ctx context.Context, indexer client.FieldIndexer) error {
	return register(ctx, indexer, &v1alpha1.ClerkUserAction{}, map[string]func(*v1alpha1.ClerkUserAction) []string{
		ActionUser:   unlessFinished(actionUserOf),
		ActionSource: unlessFinished(actionSourceOf),
	})
}

// unlessFinished returns no values for a finished action.
func unlessFinished(values func(*v1alpha1.ClerkUserAction) []string) func(*v1alpha1.ClerkUserAction) []string {
	return func(action *v1alpha1.ClerkUserAction) []string {
		if Finished(action) {
			return nil
		}
		return values(action)
	}
}

// Finished reports whether an action is complete or failed.
func Finished(action *v1alpha1.ClerkUserAction) bool {
	return meta.IsStatusConditionTrue(action.Status.Conditions, v1alpha1.ConditionComplete) ||
		meta.IsStatusConditionTrue(action.Status.Conditions, v1alpha1.ConditionFailed)
}

func actionUserOf(action *v1alpha1.ClerkUserAction) []string {
	return []string{action.Spec.UserRef.Name}
}

func actionSourceOf(action *v1alpha1.ClerkUserAction) []string {
	return sourcesIn(action.Namespace, source.ActionReferences(&action.Spec))
}
