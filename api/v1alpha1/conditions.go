// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Condition types.
const (
	// ConditionReady is True when the user at Clerk is as the spec and its mode ask, or when the ClerkInstance can be
	// used.
	ConditionReady = "Ready"
	// ConditionReconciling is present, and True, only while the operator works on the object or waits to do so.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present, and True, only while somebody has to change something before the operator can
	// continue.
	ConditionStalled = "Stalled"
	// ConditionSuspended is present, and True, only while spec.suspend of a ClerkUser is true. Ready then is as before if it
	// was True, and absent otherwise; the message names the last result.
	ConditionSuspended = "Suspended"
)

// Reasons of a ClerkUser's conditions.
const (
	// ReasonInSync says that the user at Clerk is as declared.
	ReasonInSync = "InSync"
	// ReasonObserved says that the object is in mode Observe; status.pendingChanges names what differs.
	ReasonObserved = "Observed"
	// ReasonWaiting says that no reconciliation has finished yet, because the operator waits for its API budget or
	// Clerk's rate limit.
	ReasonWaiting = "Waiting"
	// ReasonSuspended says that spec.suspend is true, so that the operator does nothing. A ClerkUserAction has it while its
	// ClerkUser is suspended.
	ReasonSuspended = "Suspended"
	// ReasonRetrying says that calls have been failing for a while, for a reason that may be temporary.
	ReasonRetrying = "Retrying"
	// ReasonInvalidSpec says that the spec contains something that the API server cannot check and Clerk would refuse,
	// or a value that its field cannot have. It is a reason of all kinds.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonInvalidStatus says that a record in status has a value that its field cannot have. It is a reason of
	// ClerkInstances, too.
	ReasonInvalidStatus = "InvalidStatus"
	// ReasonInstanceNotFound says that the ClerkInstance that the spec refers to does not exist.
	ReasonInstanceNotFound = "InstanceNotFound"
	// ReasonNotAllowed says that the ClerkInstance does not allow objects of this namespace.
	ReasonNotAllowed = "NotAllowed"
	// ReasonInstanceNotReady says that the ClerkInstance cannot be used now; see its conditions.
	ReasonInstanceNotReady = "InstanceNotReady"
	// ReasonAlreadyExists says that a user with one of the declared identifiers exists and the operator may not adopt
	// it.
	ReasonAlreadyExists = "AlreadyExists"
	// ReasonAmbiguous says that the declared identifiers belong to more than one user at Clerk.
	ReasonAmbiguous = "Ambiguous"
	// ReasonConflict says that an older ClerkUser manages the same user at Clerk.
	ReasonConflict = "Conflict"
	// ReasonInstanceChanged says that the object's reference, or the instance's key, now leads to another Clerk instance
	// than the one in which its user lives.
	ReasonInstanceChanged = "InstanceChanged"
	// ReasonMissing says that the user is no longer at Clerk and that the operator does not create it again by default.
	ReasonMissing = "Missing"
	// ReasonRejectedByClerk says that Clerk refused a call for a reason that a retry does not remove. The message names
	// every refused field. The operator makes all other changes, and status.pendingChanges names the fields that differ.
	ReasonRejectedByClerk = "RejectedByClerk"
	// ReasonNotKept says that Clerk accepted a change but its answer does not show it.
	ReasonNotKept = "NotKept"
	// ReasonContended says that somebody else keeps changing a declared field back: a field conflict.
	ReasonContended = "Contended"
	// ReasonWaitingForDeletion says that another ClerkUser of the namespace manages the declared user and that this object
	// gets the user when that one is deleted. After a bounded time the reason is Conflict.
	ReasonWaitingForDeletion = "WaitingForDeletion"
	// ReasonDeletionPending says that the object is being deleted and that its user will be deleted or banned after the
	// instance's deletionDelay. The message has the time.
	ReasonDeletionPending = "DeletionPending"
	// ReasonDeletionHeld says that the object waits for the instance's deletion brake. The reason is also a record: the
	// operator reads it back.
	ReasonDeletionHeld = "DeletionHeld"
	// ReasonDeletionBlocked says that Clerk refuses what the deletion policy requires.
	ReasonDeletionBlocked = "DeletionBlocked"
)

// Reasons of a ClerkUser's and a ClerkUserAction's conditions about what they name in their namespace.
const (
	// ReasonConfigMapNotFound says that a ConfigMap that the spec names, or the named entry in it, does not exist.
	ReasonConfigMapNotFound = "ConfigMapNotFound"
)

// Condition types of a ClerkUserAction, beside Reconciling and Stalled.
const (
	// ConditionComplete is True once the action was carried out.
	ConditionComplete = "Complete"
	// ConditionFailed is True once it is certain that the action will not be carried out, or once nobody can know
	// whether it was.
	ConditionFailed = "Failed"
)

// Reasons of a ClerkUserAction's conditions.
const (
	// ReasonCarriedOut says that Clerk carried out the action.
	ReasonCarriedOut = "CarriedOut"
	// ReasonUserNotFound says that the namespace has no ClerkUser of that name.
	ReasonUserNotFound = "UserNotFound"
	// ReasonUserNotBound says that the ClerkUser is not bound to a user, or no longer to the user of this action.
	ReasonUserNotBound = "UserNotBound"
	// ReasonOutcomeUnknown says that Clerk's answer was lost and that repeating the action would not be safe.
	ReasonOutcomeUnknown = "OutcomeUnknown"
	// ReasonNotFoundAtClerk says that the user has nothing of the type and name that the action names.
	ReasonNotFoundAtClerk = "NotFoundAtClerk"
	// ReasonProviderNotConnected says that Clerk has no token of the user for the provider.
	ReasonProviderNotConnected = "ProviderNotConnected"
	// ReasonSecretExists says that the Secret to be written exists and does not belong to this object.
	ReasonSecretExists = "SecretExists"
)

// Reasons of a ClerkInstance's conditions.
const (
	// ReasonKeyAccepted says that Clerk accepts the key and that it belongs to the expected instance.
	ReasonKeyAccepted = "KeyAccepted"
	// ReasonKeyRejected says that Clerk does not accept the key (401).
	ReasonKeyRejected = "KeyRejected"
	// ReasonInvalidKey says that the Secret holds something that is not a Clerk secret key.
	ReasonInvalidKey = "InvalidKey"
	// ReasonSecretNotFound says that a Secret that the spec names, or the named entry in it, does not exist. It is a reason
	// of all kinds.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonAPIHostNotAllowed says that the operator was not started with the host in spec.apiURL.
	ReasonAPIHostNotAllowed = "APIHostNotAllowed"
	// ReasonUnexpectedAnswer says that something other than Clerk's API answers at spec.apiURL, or that its answer does
	// not identify an instance.
	ReasonUnexpectedAnswer = "UnexpectedAnswer"
	// ReasonMirrorStale says that the operator could not read for some time what changed at Clerk. ClerkUsers keep their
	// conditions, and changes of manifests are carried out.
	ReasonMirrorStale = "MirrorStale"
	// ReasonDeleting says that the instance waits for ClerkUsers that still need it for their deletion.
	ReasonDeleting = "Deleting"
)

// Reasons of events on a ClerkUser. Events tell what has happened; nothing is said when nothing changed.
const (
	// EventCreated says that the user was created at Clerk.
	EventCreated = "Created"
	// EventRecreated says that the user was gone from Clerk and that the operator created it again, with a new id.
	EventRecreated = "Recreated"
	// EventResumed says that the operator found a user with the object's owner mark, created by an interrupted
	// reconciliation or transferred from another object.
	EventResumed = "Resumed"
	// EventAdopted says that the operator adopted an existing user.
	EventAdopted = "Adopted"
	// EventUpdated says which declared fields the operator changed at Clerk.
	EventUpdated = "Updated"
	// EventDriftCorrected says which declared fields the operator corrected after somebody else had changed them.
	EventDriftCorrected = "DriftCorrected"
	// EventBanned says that the operator banned the user.
	EventBanned = "Banned"
	// EventUnbanned says that a ban was lifted.
	EventUnbanned = "Unbanned"
	// EventLocked says that the user was locked.
	EventLocked = "Locked"
	// EventUnlocked says that a lock was lifted.
	EventUnlocked = "Unlocked"
	// EventMarkRestored says that an application had removed the owner mark and that the operator wrote it again.
	EventMarkRestored = "MarkRestored"
	// EventDeleted says that the user was deleted at Clerk.
	EventDeleted = "Deleted"
	// EventReleased says that the object was deleted without removing a user, and why: the user stays at Clerk, is gone,
	// or was never created.
	EventReleased = "Released"
	// EventBaselined says that the present value of a Secret or ConfigMap now counts as applied, because the applied
	// value is not known.
	EventBaselined = "Baselined"
	// EventPasswordChanged says that somebody else changed the declared password.
	EventPasswordChanged = "PasswordChanged"
	// EventTransferred says that the operator transferred the user to another ClerkUser that declares it.
	EventTransferred = "Transferred"
)

// Reasons of events on a ClerkInstance about its users as a whole, beside the reasons of its conditions.
const (
	// EventDeletionsHeld says how many ClerkUsers the deletion brake begins to hold, and how to release them.
	EventDeletionsHeld = "DeletionsHeld"
	// EventDeletionsResumed says that the deletion brake holds no ClerkUser any more.
	EventDeletionsResumed = "DeletionsResumed"
	// EventMassAbsence says that Clerk's lists no longer show many users at once, and that the operator leaves them alone.
	EventMassAbsence = "MassAbsence"
	// EventMassAbsenceEnded says that no ClerkUser waits for that reason any more.
	EventMassAbsenceEnded = "MassAbsenceEnded"
)

// Reasons of events on a ClerkUserAction, and on the ClerkUser that it is about.
const (
	// EventActionComplete says that an action was carried out.
	EventActionComplete = "ActionComplete"
	// EventActionFailed says that an action will not be carried out, or that nobody can know whether it was, and why.
	EventActionFailed = "ActionFailed"
)
