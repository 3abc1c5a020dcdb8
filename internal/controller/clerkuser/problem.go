// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

var (
	// errNotVisibleYet: Clerk may not show yet what exists.
	errNotVisibleYet = errors.New("what was just created may not be visible at Clerk yet")
	// errInstanceUnknown: this process has not checked the ClerkInstance yet. Afterwards the operator enqueues its users.
	errInstanceUnknown = errors.New("the ClerkInstance was not checked yet")
	// errNotRead: the mirror has not read the user yet. Afterwards the operator enqueues the object.
	errNotRead = errors.New("the operator has not read the user yet")
	// errUnsettled: each of Clerk's answers leads to more changes.
	errUnsettled = errors.New("the user still differs after its changes were made several times")
	// errNoIdentifier: the API server checks this, but an object may be older than the check.
	errNoIdentifier = &reconcile.Problem{
		Reason:  v1alpha1.ReasonInvalidSpec,
		Message: "spec names no identifier; add externalID, username, emailAddresses, phoneNumbers or initial.web3Wallets",
		Stalled: true,
	}
	// errAlreadyExists has one text for all objects that must not learn who manages the user.
	errAlreadyExists = &reconcile.Problem{
		Reason: v1alpha1.ReasonAlreadyExists,
		Message: "a user with one of the declared identifiers exists at Clerk, and this object may not manage it; to adopt that user, " +
			"set spec.userID to its id (the ClerkInstance's policy.adoption must allow it, and no other ClerkUser may manage the user); " +
			"otherwise change the identifiers",
		Stalled: true,
		BackOff: true,
	}
	errAmbiguous = &reconcile.Problem{
		Reason:  v1alpha1.ReasonAmbiguous,
		Message: "the declared identifiers belong to more than one user at Clerk; set spec.userID to the intended user, or remove the identifiers of the others",
		Stalled: true,
		BackOff: true,
	}
)

func instanceNotFound(tried []types.NamespacedName) error {
	message := fmt.Sprintf("ClerkInstance %s does not exist; create it, or correct spec.instanceRef", tried[0])
	if len(tried) > 1 {
		message = fmt.Sprintf("neither ClerkInstance %s nor the operator's default %s exists; create one, or set spec.instanceRef", tried[0], tried[1])
	}
	return &reconcile.Problem{Reason: v1alpha1.ReasonInstanceNotFound, Message: message}
}

func notAllowed(instance types.NamespacedName, namespace string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonNotAllowed,
		Message: fmt.Sprintf("ClerkInstance %s does not admit namespace %s; its owner can admit it in spec.allowedNamespaces",
			instance, namespace),
		// The labels of a namespace matter too, and their changes enqueue nothing.
		RetryAfter: time.Minute,
	}
}

func instanceNotReady(instance types.NamespacedName, why string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonInstanceNotReady,
		Message: fmt.Sprintf("ClerkInstance %s cannot be used: %s", instance, why),
	}
}

// instanceGoing is the problem of an object without a user whose ClerkInstance is being deleted. It ends with the ClerkInstance.
func instanceGoing(instance types.NamespacedName) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonInstanceNotReady,
		Message: fmt.Sprintf("ClerkInstance %s cannot be used: it is being deleted, so it gets no more users; create it again when it is gone, "+
			"or change spec.instanceRef", instance),
		Progressing: true,
	}
}

func instanceChanged(bound *v1alpha1.BoundInstance, now types.NamespacedName, id string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonInstanceChanged,
		Message: fmt.Sprintf("the user is in Clerk instance %s, bound through ClerkInstance %s/%s, but this object now uses %s through %s; "+
			"the operator writes nothing until the object uses the first one again", bound.ID, bound.Namespace, bound.Name, id, now),
		Stalled: true,
	}
}

func createdElsewhere(location *v1alpha1.BoundInstance, now types.NamespacedName) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonInstanceChanged,
		Message: fmt.Sprintf("the user may have been created in Clerk instance %s, through ClerkInstance %s/%s, by a call whose answer was lost, "+
			"but this object now uses another instance through %s; the operator writes nothing until the object uses the first one again. "+
			"Or delete this object, which removes that user, and create it again", location.ID, location.Namespace, location.Name, now),
		Stalled: true,
	}
}

func adoptionDenied(instance *v1alpha1.ClerkInstance) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonAlreadyExists,
		Message: fmt.Sprintf("spec.userID requests an adoption, but policy.adoption of ClerkInstance %s does not allow it in this namespace; "+
			"its owner can change that", instanceName(instance)),
		Stalled: true,
		BackOff: true,
	}
}

// conflict is the problem of an object that declares, by the given fields, the user of another object. Without fields, both are
// bound to the user.
func conflict(winner string, fields ...string) error {
	message := fmt.Sprintf("ClerkUser %s of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)", winner)
	if shared := strings.Join(fields, ", "); shared != "" {
		message = fmt.Sprintf("ClerkUser %s of this namespace manages the user with the same %s; if this object is for another person, change %s; "+
			"otherwise delete one of the two (deleting this one leaves the user as it is)", winner, shared, shared)
	}
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonConflict,
		Message: message,
		Stalled: true,
		BackOff: true,
		Blocker: winner,
	}
}

// waitingForDeletion is the problem of an object that declares, by the given fields, the user of another object. left is how long
// that counts as progress. The object need not get the user then: a username of an adopted user proves nothing.
func waitingForDeletion(owner string, left time.Duration, fields ...string) error {
	message := fmt.Sprintf("ClerkUser %s of this namespace manages this user; this object waits for the deletion of that one, as in a rename", owner)
	if shared := strings.Join(fields, ", "); shared != "" {
		message = fmt.Sprintf("ClerkUser %s of this namespace manages the user with the same %s; this object waits for the deletion of that one, "+
			"as in a rename; if this object is for another person, change %s", owner, shared, shared)
	}
	return &reconcile.Problem{
		Reason:      v1alpha1.ReasonWaitingForDeletion,
		Message:     message,
		Progressing: true,
		BackOff:     true,
		RetryAfter:  left,
		Blocker:     owner,
	}
}

func orphaned(owner, userID string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonAlreadyExists,
		Message: fmt.Sprintf("ClerkUser %s of this namespace, which managed user %s, no longer exists; set spec.userID to %s to "+
			"adopt the user (the ClerkInstance's policy.adoption must allow it)", owner, userID, userID),
		Stalled: true,
		BackOff: true,
	}
}

func createdEarlier(userID string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonConflict,
		Message: fmt.Sprintf("this object created user %s before spec.userID named another; set spec.userID to %s, or delete this object "+
			"(and with it that user) and create another for the intended user", userID, userID),
		Stalled: true,
		BackOff: true,
	}
}

func missingUser(userID string, origin v1alpha1.Origin) error {
	message := "the adopted user is no longer at Clerk; set spec.userID to another user, or delete this object"
	switch {
	case userID != "" && origin == v1alpha1.OriginAdopted:
		message = fmt.Sprintf("there is no user %s in this Clerk instance; if it was there before, the person may have deleted the account. "+
			"Correct spec.userID, or delete this object", userID)
	case userID != "":
		message = fmt.Sprintf("user %s is no longer at Clerk; the person may have deleted the account. "+
			"Change the spec to create the user again (deleteSelfEnabled: false does this now and in future), or delete this object", userID)
	}
	return &reconcile.Problem{Reason: v1alpha1.ReasonMissing, Message: message, Stalled: true, BackOff: true}
}

func notKept(fields []string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonNotKept,
		Message: fmt.Sprintf("Clerk accepted a change of %s but did not keep it; it is not sent again until the spec or the value at Clerk changes",
			strings.Join(fields, ", ")),
		Stalled: true,
	}
}

// deletionPending is the problem of an object that is being deleted and whose user is removed at the given time.
func deletionPending(policy v1alpha1.DeletionPolicy, at time.Time, left time.Duration) error {
	what := "the user will be deleted at Clerk after"
	if policy == v1alpha1.DeletionBan {
		what = "the user will be banned at Clerk after"
	}
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonDeletionPending,
		Message: fmt.Sprintf("%s %s; to keep it, set spec.deletionPolicy to Retain on this object before that time",
			what, at.UTC().Format(time.RFC3339)),
		Progressing: true,
		RetryAfter:  left,
	}
}

const blockedRemedy = "; correct that, or set spec.deletionPolicy to Retain on this object to leave the user at Clerk"

func deletionBlocked(why string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonDeletionBlocked,
		Message: strings.TrimRight(why, ". ") + blockedRemedy,
		Stalled: true,
		BackOff: true,
	}
}

// unfinished is an error that names the parts of a spec that were not applied, after everything else was.
type unfinished struct {
	// sourcesErr is why some Secrets and ConfigMaps cannot be used; nil if all can.
	sourcesErr  error
	refused     []refusedPart
	unreachable []plan.InvalidError
	// notKept has names of fields.
	notKept []string
}

// orNil is the error, or nil if every part was applied.
func (u *unfinished) orNil() error {
	if u.sourcesErr == nil && len(u.refused) == 0 && len(u.unreachable) == 0 && len(u.notKept) == 0 {
		return nil
	}
	return u
}

// Error names each field and the remedy. A text that several fields have in common appears once.
func (u *unfinished) Error() string {
	var problems []string
	add := func(problem string) {
		if !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
	}
	if u.sourcesErr != nil {
		add(u.sourcesErr.Error())
	}
	for _, problem := range refusalMessages(u.refused) {
		add(problem)
	}
	for i := range u.unreachable {
		add(u.unreachable[i].Error())
	}
	if len(u.notKept) > 0 {
		add(notKept(u.notKept).Error())
	}
	return strings.Join(problems, "; ")
}

// refusalMessages name the refused fields, the reasons and the remedies. Fields with the same text share one message.
func refusalMessages(refused []refusedPart) []string {
	fields := map[string][]string{}
	var problems []string
	for _, part := range refused {
		problem := part.problem()
		if !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
		if field := part.field(); !slices.Contains(fields[problem], field) {
			fields[problem] = append(fields[problem], field)
		}
	}
	for i, problem := range problems {
		problems[i] = strings.Join(fields[problem], ", ") + ": " + problem
	}
	return problems
}

// reason is the reason of the condition. A reason that needs an action of a person comes first.
func (u *unfinished) reason() string {
	absent, isAbsent := errors.AsType[*source.MissingError](u.sourcesErr)
	switch {
	case len(u.refused) > 0:
		return v1alpha1.ReasonRejectedByClerk
	case len(u.unreachable) > 0:
		return v1alpha1.ReasonInvalidSpec
	case isAbsent:
		return absent.Reason
	case u.sourcesErr != nil:
		return v1alpha1.ReasonInvalidSpec
	default:
		return v1alpha1.ReasonNotKept
	}
}

// stalled reports whether somebody has to change something. An object that only lacks a Secret or ConfigMap continues when that
// exists.
func (u *unfinished) stalled() bool {
	return u.reason() != v1alpha1.ReasonSecretNotFound && u.reason() != v1alpha1.ReasonConfigMapNotFound
}

// retryAfter is how long until the first refused part is sent again; 0 if none is. A part whose time has come was skipped for
// another reason, and is sent after that reason has gone.
func (u *unfinished) retryAfter(now time.Time) (after time.Duration) {
	for _, part := range u.refused {
		if wait := part.backOff.Until.Sub(now); wait > 0 {
			after = sooner(after, wait)
		}
	}
	return after
}

// field is the most exact path that Clerk's answer gives for the refused part.
func (r refusedPart) field() string {
	if named := plan.PathsOf(r.err); len(named) == 1 && strings.HasPrefix(named[0], r.path+".") {
		return named[0]
	}
	return r.path
}

// problem is why Clerk refused the part, and the remedy.
func (r refusedPart) problem() string {
	remedy := clerk.Remedy(r.err)
	if _, taken := clerk.IdentifierTaken(r.err); taken {
		remedy = takenRemedy
	}
	return strings.TrimRight(r.err.Error(), ". ") + ". " + remedy
}

// takenRemedy is the remedy for an identifier that another user has, for an object that already has a user.
const takenRemedy = "Another user of this Clerk instance has it. Remove it there, or from this manifest. If another ClerkUser " +
	"removes it, this one gets it at once. Two ClerkUsers that swap addresses or numbers each need another way to sign in meanwhile. " +
	"Swap usernames and external ids in two commits."

// massAbsence is the problem of a user that is missing together with many others. The operator does nothing until a person runs
// the command in the message, or until lists show the users again.
func massAbsence(instance types.NamespacedName) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonDeletionHeld,
		Message: fmt.Sprintf("Clerk's lists no longer show this user and more than a fifth of the others, which is probably a fault; "+
			"if it is intended, have each user checked and treated as missing with: %s", brake.ReleaseCommand(instance)),
	}
}
