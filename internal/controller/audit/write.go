// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
)

// Cause is why a write is made. The values are stable: people search for them in logs.
type Cause string

const (
	// CauseSpec says that the spec of the object asks for it.
	CauseSpec Cause = "spec"
	// CauseSource says that a Secret or ConfigMap that the spec names has another value.
	CauseSource Cause = "source"
	// CauseDrift says that somebody changed or deleted the user at Clerk.
	CauseDrift Cause = "drift"
	// CauseDeletion says that the ClerkUser is being deleted.
	CauseDeletion Cause = "deletion"
	// CauseUndo says that the ClerkUser was gone, or had another user, when the user was created for it.
	CauseUndo Cause = "undo"
	// CauseAction says that a ClerkUserAction asks for it.
	CauseAction Cause = "action"
	// CauseUnknown is for a write without a Write, which is a fault of the operator.
	CauseUnknown Cause = "unknown"
)

// Object is the Kubernetes object for which a write is made.
type Object struct {
	// Kind is ClerkUser or ClerkUserAction.
	Kind string
	types.NamespacedName
	UID types.UID
	// Generation is the generation of the spec that the write carries out.
	Generation int64
}

// Write says for which object a write to Clerk is made, and why. It has names and ids, and no values.
type Write struct {
	Object Object
	// Instance is the ClerkInstance through which the write is made.
	Instance types.NamespacedName
	// UserID is the user at Clerk; "" for a user that is to be created.
	UserID string
	// Change is the kind of change as in plan.Kinds, or the type of the action.
	Change string
	// Fields are the names of the fields that the call carries out; nil for none.
	Fields []string
	Cause  Cause
}

type contextKey struct{}

// With returns a context for the call that makes a write.
func With(ctx context.Context, w Write) context.Context {
	return context.WithValue(ctx, contextKey{}, w)
}

func writeOf(ctx context.Context) (w Write, found bool) {
	w, found = ctx.Value(contextKey{}).(Write)
	return w, found
}
