// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// printer writes what became of an action.
type printer struct {
	out    io.Writer
	output cli.Output
}

// created says as kubectl does that the object was created.
func (p printer) created(object *v1alpha1.ClerkUserAction, how string) error {
	if p.output.Structured() {
		return p.document(object)
	}
	name := object.Name
	if name == "" {
		name = object.GenerateName
	}
	fmt.Fprintf(p.out, "clerkuseraction.clerk-operator.io/%s created%s\n", name, how)
	return nil
}

// document writes the object without what only the API server needs.
func (p printer) document(object *v1alpha1.ClerkUserAction) error {
	shown := object.DeepCopy()
	shown.ManagedFields = nil
	return p.output.Print(p.out, shown)
}

// ended writes the result of an action. The error says that it failed, or that what it verified is not the user's.
func (p printer) ended(object *v1alpha1.ClerkUserAction) error {
	c := end(object)
	result := object.Status.Result
	if p.output.Structured() {
		if err := p.document(object); err != nil {
			return err
		}
	} else if c.Type == v1alpha1.ConditionComplete {
		fmt.Fprintf(p.out, "%s: %s\n", object.Status.Action, cli.Line(c.Message))
		if result != nil && result.SecretName != "" {
			fmt.Fprintf(p.out, "The result is in Secret %s, which is deleted together with the ClerkUserAction.\n", cli.Line(result.SecretName))
		}
	}
	switch {
	case c.Type == v1alpha1.ConditionFailed:
		return &cli.FoundError{Message: failure(object, *c)}
	case result != nil && result.Verified != nil && !*result.Verified:
		return &cli.FoundError{}
	}
	return nil
}

// failure says why an action failed, and what to do.
func failure(object *v1alpha1.ClerkUserAction, c metav1.Condition) string {
	text := fmt.Sprintf("%s failed: %s: %s", object.Status.Action, cli.Line(c.Reason), cli.Line(c.Message))
	if advice, known := reasons.Advise(reasons.Subject{Kind: reasons.KindAction, Namespace: object.Namespace, Name: object.Name}, c); known && advice.Fits {
		text += "\n" + reasons.Plain(advice.Case.Remedy)
	}
	return text
}
