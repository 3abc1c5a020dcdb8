// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func codecs(t *testing.T) serializer.CodecFactory {
	t.Helper()
	types := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(types); err != nil {
		t.Fatal(err)
	}
	return serializer.NewCodecFactory(types)
}

// completeSpecs are specs by kind that together have every field.
func completeSpecs() map[string][]string {
	const secret = `secretKeyRef: {name: a, key: b}`
	actions := []string{}
	for _, action := range []string{
		`verifyPassword: {` + secret + `}`, `verifyTOTP: {` + secret + `}`, `disableMFA: {}`, `deleteBackupCodes: {}`, `deletePasskey: {id: idn_1}`,
		`deleteWeb3Wallet: {id: idn_1}`, `deleteWeb3Wallet: {address: "` + ether + `"}`, `deleteTOTP: {}`, `createTOTP: {secretName: a}`,
		`deleteExternalAccount: {id: eac_1}`, `deleteExternalAccount: {provider: oauth_google}`, `getOAuthAccessToken: {provider: oauth_google, secretName: a}`,
		`removePassword: {signOutOfOtherSessions: true}`, `revokeTrustedDevice: {id: a}`, `setPasswordCompromised: {revokeSessions: true}`,
		`unsetPasswordCompromised: {}`,
	} {
		actions = append(actions, `{userRef: {name: ada}, ttlSecondsAfterFinished: 60, `+action+`}`)
	}
	return map[string][]string{
		"ClerkUser": {
			`{instanceRef: {name: a, namespace: b}, userID: user_1, externalID: "7", username: ada, identifiersPolicy: Merge, firstName: Ada, lastName: L,
			emailAddresses: [{address: a@b.c, primary: true, status: Verified}], locale: en, metadataPolicy: Merge,
			phoneNumbers: [{number: "+15555550100", primary: true, status: Verified, reservedForSecondFactor: true}],
			publicMetadata: {a: {b: 1}}, privateMetadata: {a: [1]}, unsafeMetadata: {a: b}, privateMetadataFrom: [{path: /a, ` + secret + `}],
			profileImage: {configMapKeyRef: {name: a, key: b}}, banned: false, locked: false,
			password: {` + secret + `, skipChecks: true, signOutOfOtherSessions: true}, deleteSelfEnabled: true, createOrganizationEnabled: true,
			createOrganizationsLimit: 1, bypassClientTrust: true, statusIncludes: [OrganizationMemberships], mode: Enforce, adoptionPolicy: Never,
			deletionPolicy: Delete, suspend: false, initial: {totpSecretRef: {name: a, key: b}, backupCodesSecretRef: {name: a, key: b},
			web3Wallets: ["` + ether + `"], createdAt: "2024-02-29T12:00:00Z", legalAcceptedAt: "2024-02-29T12:00:00Z", skipLegalChecks: true,
			skipPasswordRequirement: true, skipUserRequirement: true}}`,
			`{username: ada, profileImage: {` + secret + `}, initial: {password: {` + secret + `, skipChecks: true}}}`,
			`{username: ada, profileImage: {none: true}, initial: {passwordDigest: {` + secret + `, hasher: bcrypt}}}`,
		},
		"ClerkInstance": {
			`{secretKeyRef: {name: a, key: b}, apiURL: "https://api.clerk.com/v1", instanceID: ins_1, rateLimit: {sharePercent: 50},
			allowedNamespaces: {from: Selector, selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}},
			drift: {interval: 1m, fullInterval: 60m}, policy: {adoption: All, deletion: Allow, actions: [disableMFA]}, deletionBrake: {maxCount: 3, window: 10m},
			deletionDelay: 30s}`,
			`{secretKeyRef: {name: a}, rateLimit: {requestsPer10s: 50}}`,
		},
		"ClerkUserAction": actions,
	}
}

// completeStatuses have every field of status, by kind.
func completeStatuses() map[string]string {
	const conditions = `conditions: [{type: Ready, status: "True", reason: InSync, message: a, observedGeneration: 1, lastTransitionTime: "2024-02-29T12:00:00Z"}]`
	const instance = `instance: {namespace: a, name: b, id: ins_1}`
	const at = `"2024-02-29T12:00:00Z"`
	return map[string]string{
		"ClerkUser": `{observedGeneration: 1, ` + conditions + `, userID: user_1, ` + instance + `, binding: a, origin: Created, onDelete: Delete, banned: true,
			locked: true, lockExpiresAt: ` + at + `, passwordEnabled: true, passwordLastUpdatedAt: ` + at + `, twoFactorEnabled: true, totpEnabled: true,
			backupCodeEnabled: true, hasImage: true, directoryManaged: true, lastWriteTime: ` + at + `, pendingChanges: [a], organizationMembershipCount: 1,
			organizationMemberships: [{id: a, organizationID: b, organizationSlug: c, organizationName: d, role: e}], organizationInvitationCount: 1,
			organizationInvitations: [{id: a, organizationID: b, emailAddress: c, role: d, state: e}], inputsDigest: a, lastHandledReconcileAt: a,
			applied: {metadata: [/a], emailAddresses: [a@b.c], phoneNumbers: ["+15555550100"], banned: true, locked: true, passwordDigest: a,
			profileImage: true, profileImageDigest: a}}`,
		"ClerkInstance": `{observedGeneration: 1, ` + conditions + `, instanceID: ins_1, environment: Production, users: 1, managedUsers: 1, heldDeletions: 1, massAbsentUsers: 6,
			deletions: {since: ` + at + `, count: 1, users: [a]}, secretName: a, clusterID: b,
			pendingDeletions: [{uid: a, namespace: b, name: c, userID: user_1, policy: Delete, since: ` + at + `, signature: s}]}`,
		"ClerkUserAction": `{observedGeneration: 1, ` + conditions + `, action: disableMFA, userID: user_1, ` + instance + `, startedAt: ` + at + `,
			completedAt: ` + at + `, result: {verified: true, codeType: totp, secretName: a}}`,
	}
}
