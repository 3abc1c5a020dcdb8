// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"strings"
)

const (
	anIdentifier  = "must name at least one identifier that is not empty: externalID, username, emailAddresses"
	anEmail       = "must be one e-mail address in the form name@domain, such as ada@example.com"
	aNumber       = "must be in E.164 form, + and then country code and number in digits only, such as +15555550100"
	aWallet       = "must be a wallet address: 0x and 40 hexadecimal digits, or 32 to 44 base58 characters"
	aUserID       = "must be the id of a Clerk user, user_ and then letters and digits"
	aTime         = "must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	aLocale       = "must be a BCP 47 language tag such as en-US, or empty"
	withOrWithout = "must not begin with + or -, which Clerk's list of users reads as with and without; begin it with"
	cleanID       = "must not hold control or invisible characters, nor white space at its beginning or end; remove them"
	cleanUsername = "must not hold white space, control or invisible characters; remove them"
	anInstance    = "must be the name of a ClerkInstance: lower-case letters, digits, - and . only"
	aNamespace    = "must be the name of a namespace: lower-case letters, digits and - only"

	ether = "0x52908400098527886E0F7030069857D2E4169EE7"
)

// userRefusals are specs of a ClerkUser that are invalid whatever Clerk says.
func userRefusals() map[string]refusal {
	return merged(identifierRefusals(), emailRefusals(), phoneRefusals(), fieldRefusals(), sourceRefusals())
}

func identifierRefusals() map[string]refusal {
	return map[string]refusal{
		"NoIdentifier":          {`{firstName: Ada}`, "spec", anIdentifier},
		"OnlyEmptyIdentifiers":  {`{externalID: "", username: "", emailAddresses: [], phoneNumbers: []}`, "spec", anIdentifier},
		"OnlyAnEmptyWalletList": {`{initial: {web3Wallets: []}}`, "spec", anIdentifier},
		"NoSpec":                {``, "spec", "Required value"},

		"UserIDOfAnotherKind": {`{userID: ins_2abc}`, "spec.userID", aUserID},
		"UserIDEmpty":         {`{userID: ""}`, "spec.userID", aUserID},
		"UserIDWithPath":      {`{userID: user_a/../user_b}`, "spec.userID", aUserID},
		"UserIDWithQuery":     {`{userID: "user_a?x=1"}`, "spec.userID", aUserID},

		"ExternalIDReadAsWith":       {`{externalID: "+7"}`, "spec.externalID", withOrWithout},
		"ExternalIDReadAsWithout":    {`{externalID: "-7"}`, "spec.externalID", withOrWithout},
		"ExternalIDWithSpaceBehind":  {`{externalID: "7 "}`, "spec.externalID", cleanID},
		"ExternalIDWithLineBreak":    {`{externalID: "a\nb"}`, "spec.externalID", cleanID},
		"ExternalIDInvisiblySpelled": {`{externalID: "a\u200bb"}`, "spec.externalID", cleanID},

		"UsernameWithSpace":        {`{username: "ada lovelace"}`, "spec.username", cleanUsername},
		"UsernameInvisiblySpelled": {`{username: "ada\u202e"}`, "spec.username", cleanUsername},

		"WalletMisspelled": {`{initial: {web3Wallets: ["0x12"]}}`, "spec.initial.web3Wallets[0]", aWallet},
		"WalletTwice": {
			fmt.Sprintf(`{initial: {web3Wallets: [%q, %q]}}`, ether, "0x"+strings.ToLower(ether[2:])),
			"spec.initial.web3Wallets", "must not list a wallet twice, also not in another spelling of upper and lower case; remove one",
		},
	}
}

func emailRefusals() map[string]refusal {
	email := func(address string) string { return fmt.Sprintf(`{emailAddresses: [{address: %q}]}`, address) }
	return map[string]refusal{
		"EmailWithoutDomain":    {email("ada@"), "spec.emailAddresses[0].address", anEmail},
		"EmailWithoutAt":        {email("ada.example.com"), "spec.emailAddresses[0].address", anEmail},
		"EmailEmpty":            {email(""), "spec.emailAddresses[0].address", anEmail},
		"EmailWithDisplayName":  {email("Ada <ada@example.com>"), "spec.emailAddresses[0].address", anEmail},
		"EmailList":             {email("ada@example.com,bob@example.com"), "spec.emailAddresses[0].address", anEmail},
		"EmailWithEscape":       {email("ada\x1b@example.com"), "spec.emailAddresses[0].address", anEmail},
		"EmailInvisiblySpelled": {email("ada\u200d@example.com"), "spec.emailAddresses[0].address", anEmail},
		"EmailMissing":          {`{emailAddresses: [{primary: true}]}`, "spec.emailAddresses[0].address", "Required value"},
		"EmailTwice": {
			`{emailAddresses: [{address: a@b.c}, {address: a@b.c}]}`, "spec.emailAddresses[1]", "Duplicate value",
		},
		"EmailTwiceInAnotherCase": {
			`{emailAddresses: [{address: Ada@example.com}, {address: ada@Example.com}]}`,
			"spec.emailAddresses", "must not list an address twice, and Clerk does not tell upper from lower case; remove one",
		},
		"TwoPrimaryEmails": {
			`{emailAddresses: [{address: a@b.c, primary: true}, {address: d@e.f, primary: true}]}`,
			"spec.emailAddresses", "must mark at most one address with primary: true; remove the other marks",
		},
		"PrimaryEmailReserved": {
			`{emailAddresses: [{address: a@b.c, primary: true, status: Reserved}]}`,
			"spec.emailAddresses[0].status", "a primary address must be verified; write status: Verified, or mark another",
		},
		"EmailStatusUnknown": {
			`{emailAddresses: [{address: a@b.c, status: Unverified}]}`,
			"spec.emailAddresses[0].status", `supported values: "Verified", "Reserved"`,
		},
		"TooManyEmails": {
			`{emailAddresses: [` + repeated(21, func(i int) string { return fmt.Sprintf("{address: a%d@b.c}", i) }) + `]}`,
			"spec.emailAddresses", "must have at most 20 items",
		},
	}
}

func phoneRefusals() map[string]refusal {
	return map[string]refusal{
		"PhoneWithoutPlus":  {`{phoneNumbers: [{number: "15555550100"}]}`, "spec.phoneNumbers[0].number", aNumber},
		"PhoneWithSpaces":   {`{phoneNumbers: [{number: "+1 555 555 0100"}]}`, "spec.phoneNumbers[0].number", aNumber},
		"PhoneNational":     {`{phoneNumbers: [{number: "+0555555010"}]}`, "spec.phoneNumbers[0].number", aNumber},
		"PhoneWithoutQuote": {`{phoneNumbers: [{number: 15555550100}]}`, "spec.phoneNumbers[0].number", "must be of type string"},
		"TwoPrimaryPhones": {
			`{phoneNumbers: [{number: "+15555550100", primary: true}, {number: "+15555550101", primary: true}]}`,
			"spec.phoneNumbers", "must mark at most one number with primary: true; remove the other marks",
		},
		"PrimaryPhoneReserved": {
			`{phoneNumbers: [{number: "+15555550100", primary: true, status: Reserved}]}`,
			"spec.phoneNumbers[0].status", "a primary number must be verified; write status: Verified, or mark another",
		},
		"SecondFactorReserved": {
			`{phoneNumbers: [{number: "+15555550100", reservedForSecondFactor: true, status: Reserved}]}`,
			"spec.phoneNumbers[0].status", "a second factor must be verified; write status: Verified, or remove reservedForSecondFactor",
		},
	}
}

func fieldRefusals() map[string]refusal {
	with := func(field string) string { return "{username: ada, " + field + "}" }
	keys := repeated(1201, func(i int) string { return fmt.Sprintf("k%d: 1", i) })
	return map[string]refusal{
		"LocaleWithUnderscore": {with(`locale: en_US`), "spec.locale", aLocale},
		"LocaleInWords":        {with(`locale: American English`), "spec.locale", aLocale},
		"NameOf64KB":           {with("firstName: " + strings.Repeat("x", 1<<16)), "spec.firstName", "may not be more than 256"},
		"BannedInWords":        {with(`banned: "yes"`), "spec.banned", "must be of type boolean"},
		"OrganizationsBelow0":  {with(`createOrganizationsLimit: -1`), "spec.createOrganizationsLimit", "greater than or equal to 0"},
		"ModeUnknown":          {with(`mode: DryRun`), "spec.mode", `supported values: "Enforce", "Observe"`},
		"AdoptionUnknown":      {with(`adoptionPolicy: Always`), "spec.adoptionPolicy", `supported values: "Never", "IfUnmanaged"`},
		"DeletionUnknown":      {with(`deletionPolicy: Orphan`), "spec.deletionPolicy", `supported values: "Delete", "Ban", "Retain"`},
		"IdentifiersUnknown":   {with(`identifiersPolicy: Add`), "spec.identifiersPolicy", `supported values: "Merge", "Replace"`},
		"MetadataUnknown":      {with(`metadataPolicy: Add`), "spec.metadataPolicy", `supported values: "Merge", "Replace"`},
		"MetadataOf1201Keys":   {with("publicMetadata: {" + keys + "}"), "spec.publicMetadata", "must have at most 1200"},
		"MetadataIsAList":      {with(`publicMetadata: [admin]`), "spec.publicMetadata", "must be of type object"},
		"MetadataIsAString":    {with(`privateMetadata: "{}"`), "spec.privateMetadata", "must be of type object"},
		"CreatedAtIsADay":      {with(`initial: {createdAt: "2024-02-29"}`), "spec.initial.createdAt", aTime},
		"CreatedAtInLowerCase": {with(`initial: {createdAt: "2024-02-29T12:00:00z"}`), "spec.initial.createdAt", aTime},
		"AcceptedAtNoSuchZone": {with(`initial: {legalAcceptedAt: "2024-02-29T12:00:00+99:99"}`), "spec.initial.legalAcceptedAt", aTime},
		"AcceptedAtNoSuchDay":  {with(`initial: {legalAcceptedAt: "2023-02-29T12:00:00Z"}`), "spec.initial.legalAcceptedAt", aTime},
		"InstanceRefWithoutIt": {with(`instanceRef: {namespace: shared}`), "spec.instanceRef.name", "Required value"},
		"InstanceRefWithPath":  {with(`instanceRef: {name: shared/default}`), "spec.instanceRef.name", anInstance},
		"InstanceRefElsewhere": {with(`instanceRef: {name: default, namespace: ../shared}`), "spec.instanceRef.namespace", aNamespace},
	}
}

// acceptedUsers are valid specs of a ClerkUser at the limits.
func acceptedUsers() map[string]string {
	keys := repeated(1000, func(i int) string { return fmt.Sprintf("k%d: 1", i) })
	emails := repeated(20, func(i int) string { return fmt.Sprintf("{address: a%d@b.c}", i) })
	return map[string]string{
		"UserIDOnly":           `{userID: user_29w83sxmDNGwOuEthce5gg56FcC}`,
		"ExternalIDOnly":       `{externalID: "CN=Ada Lovelace,OU=Staff"}`,
		"UsernameOnly":         `{username: ada.lovelace_1815}`,
		"WalletOnly":           `{initial: {web3Wallets: ["` + ether + `"]}}`,
		"SolanaWallet":         `{initial: {web3Wallets: ["7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"]}}`,
		"ReservedEmailOnly":    `{emailAddresses: [{address: a@b.c, status: Reserved}]}`,
		"PrimaryNotFirst":      `{emailAddresses: [{address: a@b.c}, {address: d@e.f, primary: true}]}`,
		"EmailsAtTheLimit":     `{emailAddresses: [` + emails + `]}`,
		"EmailOf254":           `{emailAddresses: [{address: ` + strings.Repeat("a", 64) + "@" + strings.Repeat("b", 189) + `}]}`,
		"EmailInAnotherTongue": `{emailAddresses: [{address: "jürgen@bücher.example"}, {address: o'hara+tag@example.com}]}`,
		"SecondFactorVerified": `{phoneNumbers: [{number: "+15555550100", reservedForSecondFactor: true, status: Verified}]}`,
		"ClearingWishes":       `{userID: user_1, externalID: "", username: "", firstName: "", lastName: "", locale: ""}`,
		"EmptyLists":           `{userID: user_1, emailAddresses: [], phoneNumbers: []}`,
		"FalseWishes":          `{userID: user_1, banned: false, locked: false, deleteSelfEnabled: false}`,
		"EmptyMetadata":        `{userID: user_1, publicMetadata: {}, privateMetadata: {}, unsafeMetadata: {}}`,
		"MetadataOf1000Keys":   `{userID: user_1, publicMetadata: {` + keys + `}}`,
		"DeepMetadata":         `{userID: user_1, publicMetadata: {a: {b: {c: [1, 2.5, true, "x", {d: e}]}}}}`,
		"LocaleOfLanguage":     `{userID: user_1, locale: de}`,
		"LocaleOfScript":       `{userID: user_1, locale: zh-Hant-TW}`,
		"InstanceElsewhere":    `{userID: user_1, instanceRef: {name: shop.eu, namespace: clerk-shared}}`,
		// A manifest with the id of the user that it once created must stay valid when the object is created again.
		"UserIDBesideInitial":   `{userID: user_1, initial: {createdAt: "2024-02-29T12:00:00Z", skipLegalChecks: true}}`,
		"PasswordBesideInitial": `{username: ada, password: {secretKeyRef: {name: s, key: k}, skipChecks: true}, initial: {totpSecretRef: {name: s, key: t}}}`,
		"ImageOfAConfigMap":     `{username: ada, profileImage: {configMapKeyRef: {name: portraits, key: ada.png}}}`,
		"NoImage":               `{username: ada, profileImage: {none: true}}`,
		"EscapedPaths":          `{username: ada, privateMetadataFrom: [{path: /a~1b/c~0d, secretKeyRef: {name: s, key: k}}, {path: /ü, secretKeyRef: {name: s, key: k}}]}`,
		"EveryInclude":          `{username: ada, statusIncludes: [OrganizationMemberships, OrganizationInvitations]}`,
		"EveryInitialSource": `{username: ada, initial: {passwordDigest: {secretKeyRef: {name: s, key: d}, hasher: argon2id},
			totpSecretRef: {name: s, key: t}, backupCodesSecretRef: {name: s, key: b}}}`,
		"EveryConduct": `{userID: user_1, mode: Observe, adoptionPolicy: IfUnmanaged, deletionPolicy: Ban, suspend: true,
			metadataPolicy: Replace, identifiersPolicy: Replace}`,
	}
}

// repeated writes n items of a YAML flow list or map.
func repeated(n int, item func(i int) string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item(i)
	}
	return strings.Join(items, ", ")
}

func merged(tables ...map[string]refusal) map[string]refusal {
	all := map[string]refusal{}
	for _, table := range tables {
		for name, tc := range table {
			if _, taken := all[name]; taken {
				panic("two cases are called " + name)
			}
			all[name] = tc
		}
	}
	return all
}
