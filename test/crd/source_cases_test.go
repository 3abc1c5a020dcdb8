// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

const (
	aPointer      = "must be a JSON pointer to a key, such as /integrations/apiKey"
	ourKey        = "must not name a key that begins with clerk-operator.io/"
	oneImage      = "must hold exactly one of configMapKeyRef, secretKeyRef and none: true"
	entryOfSecret = "must be the name of an entry in the Secret's data: letters, digits, -, _ and . only, such as password"
	entryOfMap    = "must be the name of an entry in the ConfigMap: letters, digits, -, _ and . only, such as portrait.png"
	aConfigMap    = "must be the name of a ConfigMap in the same namespace"
)

// sourceRefusals are specs of a ClerkUser that name Secrets and ConfigMaps wrongly.
func sourceRefusals() map[string]refusal {
	with := func(field string) string { return "{username: ada, " + field + "}" }
	return map[string]refusal{
		"PasswordInPlain":      {with(`password: {secretKeyRef: {name: s}}`), "spec.password.secretKeyRef.key", "Required value"},
		"PasswordWithPath":     {with(`password: {secretKeyRef: {name: s, key: ../k}}`), "spec.password.secretKeyRef.key", entryOfSecret},
		"TwoPasswords":         {with(`password: {secretKeyRef: {name: s, key: k}}, initial: {password: {secretKeyRef: {name: s, key: k}}}`), "spec.initial", "must not stand beside password, which is set at creation already; remove initial.password and"},
		"PasswordAndDigest":    {with(`password: {secretKeyRef: {name: s, key: k}}, initial: {passwordDigest: {hasher: md5, secretKeyRef: {name: s, key: k}}}`), "spec.initial", "must not stand beside password"},
		"TwoInitialPasswords":  {with(`initial: {password: {secretKeyRef: {name: s, key: k}}, passwordDigest: {hasher: md5, secretKeyRef: {name: s, key: k}}}`), "spec.initial", "must hold at most one of password and passwordDigest; remove one of the two"},
		"HasherUnknown":        {with(`initial: {passwordDigest: {hasher: rot13, secretKeyRef: {name: s, key: k}}}`), "spec.initial.passwordDigest.hasher", "Unsupported value"},
		"ImageOfNothing":       {with(`profileImage: {}`), "spec.profileImage", oneImage},
		"ImageTwice":           {with(`profileImage: {none: true, secretKeyRef: {name: s, key: k}}`), "spec.profileImage", oneImage},
		"ImageNotNone":         {with(`profileImage: {none: false}`), "spec.profileImage.none", "must be true; to leave the image alone, remove profileImage"},
		"ImageEntryWithPath":   {with(`profileImage: {configMapKeyRef: {name: s, key: a/b}}`), "spec.profileImage.configMapKeyRef.key", entryOfMap},
		"ImageOfAnotherPlace":  {with(`profileImage: {configMapKeyRef: {name: other/s, key: a}}`), "spec.profileImage.configMapKeyRef.name", aConfigMap},
		"PathWithoutSlash":     {with(`privateMetadataFrom: [{path: a, secretKeyRef: {name: s, key: k}}]`), "spec.privateMetadataFrom[0].path", aPointer},
		"PathToTheWhole":       {with(`privateMetadataFrom: [{path: "", secretKeyRef: {name: s, key: k}}]`), "spec.privateMetadataFrom[0].path", aPointer},
		"PathBadlyEscaped":     {with(`privateMetadataFrom: [{path: /a~2, secretKeyRef: {name: s, key: k}}]`), "spec.privateMetadataFrom[0].path", aPointer},
		"PathToOurs":           {with(`privateMetadataFrom: [{path: /clerk-operator.io~1owner, secretKeyRef: {name: s, key: k}}]`), "spec.privateMetadataFrom[0].path", ourKey},
		"PathTwice":            {with(`privateMetadataFrom: [{path: /a, secretKeyRef: {name: s, key: k}}, {path: /a, secretKeyRef: {name: s, key: l}}]`), "spec.privateMetadataFrom[1]", "Duplicate value"},
		"IncludeUnknown":       {with(`statusIncludes: [Sessions]`), "spec.statusIncludes[0]", "Unsupported value"},
		"IncludeTwice":         {with(`statusIncludes: [OrganizationMemberships, OrganizationMemberships]`), "spec.statusIncludes[1]", "Duplicate value"},
		"BackupCodesInTheSpec": {with(`initial: {backupCodesSecretRef: {key: k}}`), "spec.initial.backupCodesSecretRef.name", "Required value"},
	}
}
