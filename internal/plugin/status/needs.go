// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// lasting is how long a state that passes if its cause does may last before somebody has to look at the cause.
const lasting = time.Hour

// needs returns the objects for which somebody has to do something, most urgent first, and among those the longest lasting first.
func (f *facts) needs(operator Operator) []Need {
	needs := append([]Need{}, operatorNeeds(operator, f.silent)...)
	for _, instance := range f.instances {
		needs = append(needs, f.instanceNeeds(instance)...)
	}
	for _, user := range f.troubled {
		if need, needed := f.userNeed(user); needed {
			needs = append(needs, need)
		}
	}
	slices.SortFunc(needs, func(a, b Need) int {
		return cmp.Or(
			cmp.Compare(b.Urgency, a.Urgency), cmp.Compare(rank(a), rank(b)), compareTimes(a.Since, b.Since),
			strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name),
		)
	})
	return needs
}

// kindOperator is the kind of a Need about the operator itself.
const kindOperator = "Operator"

// operatorNeeds returns what the operator needs: it does not run, or does not write to some objects.
func operatorNeeds(o Operator, s silence) []Need {
	need := Need{Urgency: reasons.Now, Kind: kindOperator, Reason: "NotRunning", Since: o.Renewed, Why: cli.Line(o.Message), Next: findOperator}
	if o.State == OperatorNotRunning {
		return []Need{need}
	}
	if s.count > 0 {
		need.Reason, need.Since = "NoStatus", ptr.To(metav1.NewTime(s.since))
		return []Need{need}
	}
	return nil
}

// rank orders what is equally urgent: the operator, ClerkInstances, then users that are or may be lost, then the others.
func rank(n Need) int {
	switch {
	case n.Kind == kindOperator:
		return -1
	case n.Kind == reasons.KindInstance:
		return 0
	case slices.Contains([]string{v1alpha1.ReasonInstanceChanged, v1alpha1.ReasonDeletionBlocked, v1alpha1.ReasonDeletionHeld,
		v1alpha1.ReasonMissing}, n.Reason):
		return 1
	}
	return 2
}

func compareTimes(a, b *metav1.Time) int {
	return ptr.Deref(a, metav1.Time{}).Compare(ptr.Deref(b, metav1.Time{}).Time)
}

// instanceNeeds returns what a ClerkInstance needs: because of its condition, and because its ClerkUsers wait for the brake.
func (f *facts) instanceNeeds(instance *v1alpha1.ClerkInstance) []Need {
	var needs []Need
	name := client.ObjectKeyFromObject(instance)
	need := Need{Kind: reasons.KindInstance, Namespace: name.Namespace, Name: name.Name}
	if ready := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		if advised, needed := f.advised(need, *ready, name); needed {
			needs = append(needs, advised)
		}
	}
	if status := instance.Status; status.HeldDeletions > 0 {
		need.Urgency, need.Reason, need.Why = reasons.Act, v1alpha1.ReasonDeletionHeld, heldText(status)
		need.Next = brake.ReleaseCommand(name)
		needs = append(needs, need)
	}
	return needs
}

// heldText says what the brake holds, and what to check before it is released.
func heldText(s v1alpha1.ClerkInstanceStatus) string {
	text := fmt.Sprintf("%d ClerkUsers wait for the deletion brake", s.HeldDeletions)
	if s.HeldDeletions == 1 {
		text = "1 ClerkUser waits for the deletion brake"
	}
	if s.MassAbsentUsers > 0 {
		text += fmt.Sprintf(", %d of them because Clerk's lists stopped showing many users at once", s.MassAbsentUsers)
	}
	return text + "; if this is intended, release them"
}

// userNeed returns what a ClerkUser needs; false for nothing, and for what its ClerkInstance says for all its users.
func (f *facts) userNeed(u troubled) (Need, bool) {
	_, readable := f.instances[u.instance]
	if readable && slices.Contains([]string{v1alpha1.ReasonDeletionHeld, v1alpha1.ReasonInstanceNotReady}, u.condition.Reason) {
		return Need{}, false
	}
	return f.advised(Need{Kind: reasons.KindUser, Namespace: u.name.Namespace, Name: u.name.Name}, u.condition, u.instance)
}

// advised fills in what the table of reasons says about a condition of an object; false if nobody has to do anything.
func (f *facts) advised(n Need, c metav1.Condition, instance types.NamespacedName) (Need, bool) {
	n.Reason, n.Since, n.Why = c.Reason, ptr.To(c.LastTransitionTime), cli.Line(c.Message)
	subject := reasons.Subject{
		Kind: n.Kind, Namespace: n.Namespace, Name: n.Name, InstanceNamespace: instance.Namespace, InstanceName: instance.Name,
	}
	n.Next = defaultNext(n)
	advice, known := reasons.Advise(subject, c)
	if !known {
		// Another version of the operator has this reason. The status of the condition is what is certain.
		n.Urgency = reasons.Act
		return n, c.Status == metav1.ConditionFalse
	}
	if len(advice.Commands) > 0 {
		n.Next = advice.Commands[0]
	}
	n.Urgency = advice.Urgency
	lasts := f.now.Sub(c.LastTransitionTime.Time) > lasting
	return n, n.Urgency >= reasons.Act || n.Urgency == reasons.Check && lasts
}

// defaultNext is the command that shows more about an object.
func defaultNext(n Need) string {
	if n.Kind == reasons.KindUser {
		return fmt.Sprintf("kubectl clerk why --namespace %s %s", n.Namespace, n.Name)
	}
	return fmt.Sprintf("kubectl describe clerkinstance --namespace %s %s", n.Namespace, n.Name)
}
