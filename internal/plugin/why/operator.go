// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"fmt"
	"regexp"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

const (
	// newObject is how old an object without conditions is at most for which that is normal: the operator reports nothing of the first
	// five seconds.
	newObject = 10 * time.Second
	// renewed is how old the last renewal of the operator's Lease is at most while the operator runs. The Lease lasts 15 seconds.
	renewed = 30 * time.Second
)

// unreported is the finding of an object without conditions.
func unreported(object client.Object, now time.Time) Finding {
	found := Finding{Meaning: "The operator has not reported anything about this object.", Urgency: reasons.Check}
	if now.Sub(object.GetCreationTimestamp().Time) < newObject {
		found.Urgency = reasons.Wait
		found.WhatToDo = "Wait: the object was just created. The operator reports after a few seconds."
		return found
	}
	found.WhatToDo = "Check that the operator runs, and that its --watch-namespaces includes this namespace. " +
		"A new object that waits for the API budget shows no condition for up to five minutes."
	return found
}

// operator adds whether the operator runs, as far as its Lease tells, and the command that shows its pods.
func (c *collector) operator(ctx context.Context) {
	held := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: c.operatorNamespace, Name: lease.Name}
	err := c.reader.Get(ctx, key, held)
	fact := ""
	switch {
	case apierrors.IsNotFound(err):
		fact = fmt.Sprintf("There is no Lease %s: the operator does not run there, or runs without leader election. "+
			"--operator-namespace names another namespace.", key)
	case err != nil:
		c.notShown(fmt.Errorf("whether the operator runs: %w",
			cli.Explain(err, cli.Request{Verb: "get", Resource: "leases.coordination.k8s.io", Namespace: key.Namespace, Name: key.Name})))
	case held.Spec.RenewTime == nil || c.now.Sub(held.Spec.RenewTime.Time) > renewed:
		fact = fmt.Sprintf("The operator does not run: nobody renews its Lease %s.", key)
	default:
		c.report.Facts = append(c.report.Facts, fmt.Sprintf("The operator runs: it renewed its Lease %s ago.",
			duration.HumanDuration(max(0, c.now.Sub(held.Spec.RenewTime.Time)))))
		return
	}
	if fact != "" {
		c.report.Facts = append(c.report.Facts, fact)
	}
	first := &c.report.Findings[0]
	if first.Urgency == reasons.None {
		first.Urgency, first.WhatToDo = reasons.Check, "Check that the operator runs."
	}
	first.Commands = append(first.Commands, fmt.Sprintf("kubectl get pods -n %s -l app.kubernetes.io/name=clerk-operator", c.operatorNamespace))
}

// logCommand returns the command that shows the audit lines of an object, and of a user at Clerk.
func (c *collector) logCommand(namespace, name, userID string) string {
	object := fmt.Sprintf(`"namespace":"%s","name":"%s"`, namespace, name)
	if regexp.MustCompile(`^\w+$`).MatchString(userID) {
		object = fmt.Sprintf(`(%s|"clerkUserID":"%s")`, object, userID)
	}
	return fmt.Sprintf(`kubectl logs -n %s -l app.kubernetes.io/name=clerk-operator --tail=-1 | grep -E '"audit":true.*%s'`,
		c.operatorNamespace, object)
}
