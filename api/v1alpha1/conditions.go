// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Condition types.
const (
	// ConditionReady is True when the object's wish is carried out as its mode asks.
	ConditionReady = "Ready"
	// ConditionReconciling is present, and True, only while the operator is at work on the object or waits to be.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present, and True, only while somebody has to change something before work can go on.
	ConditionStalled = "Stalled"
)

// Reasons of a ClerkUser's conditions.
const (
	// ReasonInSync says that the user at Clerk is as declared.
	ReasonInSync = "InSync"
	// ReasonObserved says that the object is in mode Observe; status.pendingChanges names what differs.
	ReasonObserved = "Observed"
	// ReasonWaiting says that no pass was finished yet, because the API budget or Clerk's rate limit says wait.
	ReasonWaiting = "Waiting"
	// ReasonSuspended says that the object was suspended before its first verdict.
	ReasonSuspended = "Suspended"
	// ReasonRetrying says that calls have been failing for a while for a reason that may pass.
	ReasonRetrying = "Retrying"
	// ReasonInvalidSpec says that the spec holds something that the API server cannot check and Clerk would not take, or
	// a value that its field cannot hold. It is a reason of all kinds.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonInvalidStatus says that a record in status holds a value that its field cannot hold. It is a reason of
	// ClerkInstances, too.
	ReasonInvalidStatus = "InvalidStatus"
	// ReasonInstanceNotFound says that the ClerkInstance that the spec refers to does not exist.
	ReasonInstanceNotFound = "InstanceNotFound"
	// ReasonNotAllowed says that the ClerkInstance does not admit objects of this namespace.
	ReasonNotAllowed = "NotAllowed"
	// ReasonInstanceNotReady says that the ClerkInstance cannot be used at the moment; its own conditions say why.
	ReasonInstanceNotReady = "InstanceNotReady"
	// ReasonAlreadyExists says that a user with one of the declared identifiers exists and is not to be taken over.
	ReasonAlreadyExists = "AlreadyExists"
	// ReasonAmbiguous says that the declared identifiers belong to more than one user at Clerk.
	ReasonAmbiguous = "Ambiguous"
	// ReasonConflict says that an older ClerkUser manages the same user at Clerk.
	ReasonConflict = "Conflict"
	// ReasonInstanceChanged says that the object's reference, or the instance's key, now leads to another Clerk
	// instance than the one its user lives in.
	ReasonInstanceChanged = "InstanceChanged"
	// ReasonMissing says that the user is no longer at Clerk and is not to be created again unasked.
	ReasonMissing = "Missing"
	// ReasonRejectedByClerk says that Clerk refused a call for a reason that repeating it will not cure. The message names every
	// refused field; all other changes are carried out, and status.pendingChanges names what is not.
	ReasonRejectedByClerk = "RejectedByClerk"
	// ReasonNotKept says that Clerk accepted a change but its answer does not show it.
	ReasonNotKept = "NotKept"
	// ReasonContended says that somebody else keeps changing a declared field back.
	ReasonContended = "Contended"
	// ReasonDeletionHeld says that the instance's deletion brake holds this object.
	ReasonDeletionHeld = "DeletionHeld"
	// ReasonDeletionBlocked says that Clerk refuses what the deletion policy asks for.
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
	// ConditionFailed is True once it is certain that the action will not be carried out, or not known whether it was.
	ConditionFailed = "Failed"
)

// Reasons of a ClerkUserAction's conditions.
const (
	// ReasonCarriedOut says that Clerk did what the action asks for.
	ReasonCarriedOut = "CarriedOut"
	// ReasonUserNotFound says that the namespace has no ClerkUser of that name.
	ReasonUserNotFound = "UserNotFound"
	// ReasonUserNotBound says that the ClerkUser is not bound to a user, or no longer to the one on whom the action began.
	ReasonUserNotBound = "UserNotBound"
	// ReasonOutcomeUnknown says that Clerk's answer was lost and that the action is not one to be repeated.
	ReasonOutcomeUnknown = "OutcomeUnknown"
	// ReasonNotFoundAtClerk says that the user has nothing of the kind and name that the action is about.
	ReasonNotFoundAtClerk = "NotFoundAtClerk"
	// ReasonProviderNotConnected says that Clerk has no token of the user's for the provider.
	ReasonProviderNotConnected = "ProviderNotConnected"
	// ReasonSecretExists says that the Secret to be written exists and is not this object's.
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
	// ReasonAPIHostNotAllowed says that spec.apiURL names a host that the operator was not started with.
	ReasonAPIHostNotAllowed = "APIHostNotAllowed"
	// ReasonUnexpectedAnswer says that something other than Clerk's API answers at spec.apiURL, or that it answers nothing that
	// an instance could be told by.
	ReasonUnexpectedAnswer = "UnexpectedAnswer"
	// ReasonMirrorStale says that for some time nothing could be read of what changed at Clerk. ClerkUsers keep their
	// verdicts, and changes of manifests are carried out.
	ReasonMirrorStale = "MirrorStale"
	// ReasonDeleting says that the instance waits for ClerkUsers that still need it for their deletion.
	ReasonDeleting = "Deleting"
)

// Reasons of events on a ClerkUser. Events tell what has happened; nothing is said when nothing changed.
const (
	// EventCreated says that the user was created at Clerk.
	EventCreated = "Created"
	// EventRecreated says that the user had vanished from Clerk and was created again, with a new id.
	EventRecreated = "Recreated"
	// EventResumed says that a user that carries the object's owner mark was found: created by an interrupted reconcile, or
	// transferred from another object.
	EventResumed = "Resumed"
	// EventAdopted says that an existing user was put under management.
	EventAdopted = "Adopted"
	// EventUpdated says which declared fields were changed at Clerk.
	EventUpdated = "Updated"
	// EventDriftCorrected says which declared fields were put right after somebody else had changed them.
	EventDriftCorrected = "DriftCorrected"
	// EventBanned and its neighbours say that access was changed.
	EventBanned = "Banned"
	// EventUnbanned says that a ban was lifted.
	EventUnbanned = "Unbanned"
	// EventLocked says that the user was locked.
	EventLocked = "Locked"
	// EventUnlocked says that a lock was lifted.
	EventUnlocked = "Unlocked"
	// EventMarkRestored says that an application had removed the owner mark and that it was written again.
	EventMarkRestored = "MarkRestored"
	// EventDeleted says that the user was deleted at Clerk.
	EventDeleted = "Deleted"
	// EventReleased says that the object was deleted without removing a user, and why: the user was left at Clerk, is gone, or
	// was never created.
	EventReleased = "Released"
	// EventBaselined says that what is in a Secret or ConfigMap now counts as applied, since it is not known what was.
	EventBaselined = "Baselined"
	// EventPasswordChanged says that somebody else has changed the password that is declared.
	EventPasswordChanged = "PasswordChanged"
	// EventTransferred says that the user was transferred to another ClerkUser that declares it.
	EventTransferred = "Transferred"
)

// Reasons of events on a ClerkUserAction, and on the ClerkUser that it is about.
const (
	// EventActionComplete says that an action was carried out.
	EventActionComplete = "ActionComplete"
	// EventActionFailed says that an action will not be carried out, or that it is not known whether it was, and why.
	EventActionFailed = "ActionFailed"
)
