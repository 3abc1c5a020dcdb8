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

// operatorFacts say whether the operator runs, as far as its Lease tells.
func (c *collector) operatorFacts(ctx context.Context) []string {
	held := &coordinationv1.Lease{}
	key := client.ObjectKey{Namespace: c.operatorNamespace, Name: lease.Name}
	err := c.reader.Get(ctx, key, held)
	pods := fmt.Sprintf("kubectl get pods -n %s -l app.kubernetes.io/name=clerk-operator", c.operatorNamespace)
	switch {
	case apierrors.IsNotFound(err):
		return []string{fmt.Sprintf("There is no Lease %s: the operator does not run there, or runs without leader election. "+
			"Name its namespace with --operator-namespace, or look for it with: %s", key, pods)}
	case err != nil:
		c.notShown(fmt.Errorf("whether the operator runs: %w; %s shows its pods",
			cli.Explain(err, cli.Request{Verb: "get", Resource: "leases.coordination.k8s.io", Namespace: key.Namespace, Name: key.Name}), pods))
		return nil
	case held.Spec.RenewTime == nil || c.now.Sub(held.Spec.RenewTime.Time) > renewed:
		return []string{fmt.Sprintf("The operator does not run: nobody renews its Lease %s. Look at it with: %s", key, pods)}
	default:
		return []string{fmt.Sprintf("The operator runs: it renewed its Lease %s ago.", duration.HumanDuration(max(0, c.now.Sub(held.Spec.RenewTime.Time))))}
	}
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
