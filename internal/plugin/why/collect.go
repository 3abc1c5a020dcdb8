// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// collector finds out about one object.
type collector struct {
	reader client.Reader
	now    time.Time
	// operatorNamespace is the namespace of the operator's Lease and log.
	operatorNamespace string
	report            *Report
}

// user reports about a ClerkUser.
func (c *collector) user(ctx context.Context, key client.ObjectKey) error {
	user := &v1alpha1.ClerkUser{}
	if err := c.get(ctx, key, user, "clerkusers"); err != nil {
		return err
	}
	c.report.UserID, c.report.Differs, c.report.LastWriteTime = user.Status.UserID, user.Status.PendingChanges, user.Status.LastWriteTime
	c.report.Facts = userFacts(user)
	c.report.LogCommand = c.logCommand(user.Namespace, user.Name, user.Status.UserID)
	name, instance := c.instanceOf(ctx, user)
	c.found(ctx, user, reasons.Subject{
		Kind: reasons.KindUser, Namespace: user.Namespace, Name: user.Name, InstanceNamespace: name.Namespace, InstanceName: name.Name,
	})
	if instance != nil && c.report.Findings[0].Status == metav1.ConditionTrue && !user.Spec.Suspended() {
		c.report.Facts = append(c.report.Facts, syncFact(&instance.Spec))
	}
	c.instanceCause(c.named(ctx, name, instance))
	for _, finding := range c.report.Findings {
		c.otherCause(ctx, user, finding)
	}
	c.actionsOf(ctx, user)
	return nil
}

// instance reports about a ClerkInstance.
func (c *collector) instance(ctx context.Context, key client.ObjectKey) error {
	instance := &v1alpha1.ClerkInstance{}
	if err := c.get(ctx, key, instance, "clerkinstances"); err != nil {
		return err
	}
	c.report.Facts = instanceFacts(instance)
	c.found(ctx, instance, instanceSubject(instance))
	return nil
}

func instanceSubject(instance *v1alpha1.ClerkInstance) reasons.Subject {
	return reasons.Subject{
		Kind: reasons.KindInstance, Namespace: instance.Namespace, Name: instance.Name,
		InstanceNamespace: instance.Namespace, InstanceName: instance.Name,
	}
}

// action reports about a ClerkUserAction.
func (c *collector) action(ctx context.Context, key client.ObjectKey) error {
	action := &v1alpha1.ClerkUserAction{}
	if err := c.get(ctx, key, action, "clerkuseractions"); err != nil {
		return err
	}
	c.report.UserID, c.report.Facts = action.Status.UserID, actionFacts(action)
	c.report.LogCommand = c.logCommand(action.Namespace, action.Name, "")
	subject := reasons.Subject{Kind: reasons.KindAction, Namespace: action.Namespace, Name: action.Name}
	if bound := action.Status.Instance; bound != nil {
		subject.InstanceNamespace, subject.InstanceName = bound.Namespace, bound.Name
	}
	c.found(ctx, action, subject)
	if isFinished(action) {
		return nil
	}
	user := &v1alpha1.ClerkUser{}
	if !c.related(ctx, client.ObjectKey{Namespace: action.Namespace, Name: action.Spec.UserRef.Name}, user, "clerkusers") {
		return nil
	}
	if related := c.relatedUser(user); related.Finding.Status != metav1.ConditionTrue || related.Finding.Reason != v1alpha1.ReasonInSync {
		c.report.Causes = append(c.report.Causes, related)
	}
	_, instance := c.instanceOf(ctx, user)
	c.instanceCause(instance)
	return nil
}

func isFinished(action *v1alpha1.ClerkUserAction) bool {
	return slices.ContainsFunc(action.Status.Conditions, func(c metav1.Condition) bool {
		return c.Status == metav1.ConditionTrue && (c.Type == v1alpha1.ConditionComplete || c.Type == v1alpha1.ConditionFailed)
	})
}

// found adds what the conditions of the object say, and its events.
func (c *collector) found(ctx context.Context, object client.Object, subject reasons.Subject) {
	c.report.Findings = findings(subject, object)
	if len(c.report.Findings) == 0 {
		c.report.Findings = []Finding{unreported(object, c.now)}
	}
	if len(stateOf(object).conditions) == 0 || c.report.Findings[0].Former {
		c.operator(ctx)
	}
	c.events(ctx, object)
}

// get reads the object that the report is about.
func (c *collector) get(ctx context.Context, key client.ObjectKey, object client.Object, resource string) error {
	err := c.reader.Get(ctx, key, object)
	if cli.IsAbsent(err) {
		return c.absent(ctx, key, resource)
	}
	return cli.Explain(err, cli.Request{Verb: "get", Resource: resource, Namespace: key.Namespace, Name: key.Name})
}

// related reads another object. If that fails, the report says so.
func (c *collector) related(ctx context.Context, key client.ObjectKey, object client.Object, resource string) bool {
	err := c.reader.Get(ctx, key, object)
	if cli.IsAbsent(err) {
		kind, _ := cli.ParseKind(resource)
		c.report.Facts = append(c.report.Facts, fmt.Sprintf("There is no %s %s.", kind.Name, key))
		return false
	}
	if err != nil {
		c.notShown(cli.Explain(err, cli.Request{Verb: "get", Resource: resource, Namespace: key.Namespace, Name: key.Name}))
	}
	return err == nil
}

func (c *collector) notShown(err error) { c.report.NotShown = append(c.report.NotShown, err.Error()) }

// instanceOf returns the ClerkInstance that a ClerkUser uses: the name, and the object if it can be read. Without instanceRef, the
// operator can have a default that only its flags name; the status has it once the user is bound.
func (c *collector) instanceOf(ctx context.Context, user *v1alpha1.ClerkUser) (types.NamespacedName, *v1alpha1.ClerkInstance) {
	names := index.References{}.RemovalNames(user)
	for _, name := range names {
		instance := &v1alpha1.ClerkInstance{}
		err := c.reader.Get(ctx, name, instance)
		switch {
		case err == nil:
			return name, instance
		case !cli.IsAbsent(err):
			c.notShown(cli.Explain(err, cli.Request{Verb: "get", Resource: "clerkinstances", Namespace: name.Namespace, Name: name.Name}))
			return name, nil
		}
	}
	return names[0], nil
}

// named returns the ClerkInstance that the message of the decisive condition names, which is not the given one if the operator has a
// default.
func (c *collector) named(ctx context.Context, given types.NamespacedName, instance *v1alpha1.ClerkInstance) *v1alpha1.ClerkInstance {
	namespace, name, found := strings.Cut(c.report.Findings[0].names["instance"], "/")
	key := client.ObjectKey{Namespace: namespace, Name: name}
	if !found || key == given {
		return instance
	}
	other := &v1alpha1.ClerkInstance{}
	if !c.related(ctx, key, other, "clerkinstances") {
		return instance
	}
	return other
}

// instanceCause adds the ClerkInstance to the causes if it is not Ready, or if it holds deletions.
func (c *collector) instanceCause(instance *v1alpha1.ClerkInstance) {
	if instance == nil {
		return
	}
	related := Related{Kind: reasons.KindInstance, Namespace: instance.Namespace, Name: instance.Name, Facts: instanceFacts(instance)}
	found := findings(instanceSubject(instance), instance)
	switch held := c.report.Findings[0].Reason == v1alpha1.ReasonDeletionHeld; {
	case len(found) == 0:
		related.Finding = unreported(instance, c.now)
	case found[0].Condition == v1alpha1.ConditionReady && found[0].Status == metav1.ConditionTrue && found[0].Urgency <= reasons.None && !held:
		return
	default:
		related.Finding = found[0]
	}
	c.report.Causes = append(c.report.Causes, related)
}

// otherCause adds the other ClerkUser that the message of a finding names.
func (c *collector) otherCause(ctx context.Context, user *v1alpha1.ClerkUser, finding Finding) {
	name := finding.names["other"]
	if name == "" || slices.ContainsFunc(c.report.Causes, func(r Related) bool { return r.Kind == reasons.KindUser && r.Name == name }) {
		return
	}
	other := &v1alpha1.ClerkUser{}
	if c.related(ctx, client.ObjectKey{Namespace: user.Namespace, Name: name}, other, "clerkusers") {
		c.report.Causes = append(c.report.Causes, c.relatedUser(other))
	}
}

// relatedUser is the state of another ClerkUser.
func (c *collector) relatedUser(user *v1alpha1.ClerkUser) Related {
	related := Related{Kind: reasons.KindUser, Namespace: user.Namespace, Name: user.Name, Facts: userFacts(user)}
	found := findings(reasons.Subject{Kind: reasons.KindUser, Namespace: user.Namespace, Name: user.Name}, user)
	related.Finding = unreported(user, c.now)
	if len(found) > 0 {
		related.Finding = found[0]
	}
	return related
}

// actionsOf adds the unfinished ClerkUserActions of a ClerkUser.
func (c *collector) actionsOf(ctx context.Context, user *v1alpha1.ClerkUser) {
	all := &v1alpha1.ClerkUserActionList{}
	if err := c.reader.List(ctx, all, client.InNamespace(user.Namespace)); err != nil {
		c.notShown(cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkuseractions", Namespace: user.Namespace}))
		return
	}
	for i := range all.Items {
		action := &all.Items[i]
		if action.Spec.UserRef.Name != user.Name || isFinished(action) {
			continue
		}
		related := Related{Kind: reasons.KindAction, Namespace: action.Namespace, Name: action.Name, Facts: actionFacts(action)}
		related.Finding = unreported(action, c.now)
		if found := findings(reasons.Subject{Kind: reasons.KindAction, Namespace: action.Namespace, Name: action.Name}, action); len(found) > 0 {
			related.Finding = found[0]
		}
		c.report.UnfinishedActions = append(c.report.UnfinishedActions, related)
	}
}
