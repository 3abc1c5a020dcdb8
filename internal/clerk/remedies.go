// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

// defaultRemedy is the remedy for an error that is not listed.
const defaultRemedy = "Change what the message names in the manifest or in the settings of the Clerk instance."

// Remedies for several codes.
const (
	changeValue    = "Correct the value in the manifest."
	shortenValue   = "Make the value smaller."
	changePassword = "Choose another password, or set skipChecks: true."
	enableFeature  = "Switch the feature on in the Clerk Dashboard, or remove the field from the manifest."
	changePlan     = "Upgrade the instance's Clerk plan, or remove the field from the manifest."
	freeUsers      = "Delete users at Clerk, or use an instance with a higher limit."
	leaveDirectory = "Change this user in the directory that manages it, or remove the field from the manifest."
	keepIdentifier = "Add another identifier of this kind first, or keep this one."
	verifyFirst    = "Let the user verify the identifier, then try again."
	allowKey       = "Use a secret key that may make this call."
	askSupport     = "Clerk's fraud protection blocked the call: contact Clerk's support."
	chooseImage    = "Choose a JPEG, PNG, GIF or WebP image of at most 10 MB."
	checkID        = "Check the id: the user has nothing with this id at Clerk."
	connectAccount = "Let the user connect the account at this provider again."
	reportBug      = "This is a bug of the operator: report it with Clerk's code."
)

// remedies are the remedies for Clerk's error codes. See https://clerk.com/docs/errors/backend-api.
//
//nolint:gochecknoglobals // a table that nothing writes to
var remedies = map[string]string{
	"form_identifier_exists": "Choose another value, or adopt the user that has it by setting spec.userID.",
	"form_data_missing":      "Add what the instance's user settings require, or relax them in the Clerk Dashboard.",
	"form_param_unknown":     "Switch this attribute on in the user settings of the Clerk Dashboard, or remove the field from the manifest.",

	"form_param_format_invalid":            changeValue,
	"form_param_value_invalid":             changeValue,
	"form_param_type_invalid":              changeValue,
	"form_param_invalid_time":              changeValue,
	"form_disallow_future_date":            changeValue,
	"form_param_value_conflict":            changeValue,
	"form_param_duplicate":                 changeValue,
	"form_param_nil":                       changeValue,
	"form_param_missing":                   changeValue,
	"form_username_invalid_length":         changeValue,
	"form_username_invalid_character":      changeValue,
	"form_username_needs_non_number_char":  changeValue,
	"form_username_cannot_be_phone_number": changeValue,
	"unsupported_country_code":             "Use a number of a country that Clerk supports.",

	"form_param_exceeds_allowed_size":  shortenValue,
	"form_param_max_length_exceeded":   shortenValue,
	"form_param_array_size_exceeded":   shortenValue,
	"form_param_value_too_large":       shortenValue,
	"request_body_too_large":           shortenValue,
	"form_param_array_length_mismatch": reportBug,

	"form_password_pwned":                  changePassword,
	"form_password_length_too_short":       changePassword,
	"form_password_length_too_long":        changePassword,
	"form_password_no_uppercase":           changePassword,
	"form_password_no_lowercase":           changePassword,
	"form_password_no_number":              changePassword,
	"form_password_no_special_char":        changePassword,
	"form_password_not_strong_enough":      changePassword,
	"form_password_size_in_bytes_exceeded": changePassword,
	"form_password_matches_identifier":     changePassword,
	"form_password_validation_failed":      changePassword,
	"form_password_digest_invalid_code":    "Use a digest in the format of the named hasher.",
	"invalid_totp_secret_code":             "Use an authenticator secret in base32.",
	"form_conditional_param_missing":       "Set the field that this one requires, or remove this one.",
	"form_conditional_param_disallowed":    "Remove the field: it cannot be combined with the others.",

	"incorrect_password":     "Use the user's present password.",
	"totp_incorrect_code":    "Use a code that the user's authenticator shows now, or an unused backup code.",
	"totp_invalid_length":    "Use a code that the user's authenticator shows now, or an unused backup code.",
	"no_password_set":        "Set a password for the user first.",
	"totp_disabled":          "Set up an authenticator for the user first.",
	"user_locked":            "Unlock the user, or wait until Clerk does.",
	"image_too_large":        chooseImage,
	"image_not_found":        "Nothing has to be done: the user has no profile image.",
	"passkey_not_registered": checkID,
	"resource_not_found":     checkID,

	"external_account_not_found":             checkID,
	"oauth_token_provider_not_enabled":       "Switch the provider on in the Clerk Dashboard, and let the user sign in with it.",
	"oauth_token_retrieval_error":            connectAccount,
	"oauth_missing_access_token":             connectAccount,
	"oauth_missing_refresh_token":            connectAccount,
	"external_account_missing_refresh_token": connectAccount,

	"dev_monthly_email_limit_exceeded": "Wait for the next month, or use a production instance.",

	"unsupported_subscription_plan_features": changePlan,
	"feature_not_enabled":                    enableFeature,
	"feature_not_implemented":                enableFeature,
	"password_disabled":                      enableFeature,
	"organization_not_enabled_in_instance":   enableFeature,
	"user_quota_exceeded":                    freeUsers,
	"quota_exceeded":                         freeUsers,

	"user_managed_by_scim":      leaveDirectory,
	"attribute_managed_by_scim": leaveDirectory,

	"not_allowed_access":              "Use another identifier, or remove this one from the instance's blocklist and restrictions.",
	"authorization_invalid":           allowKey,
	"authorization_missing_scopes":    allowKey,
	"action_blocked":                  askSupport,
	"requires_protect_check":          askSupport,
	"request_invalid_for_environment": "Remove the field from the manifest: the instance's environment does not have it.",
	"request_invalid_for_instance":    "Remove the field from the manifest: the instance's settings do not allow it.",

	"identification_deletion_failed":                 keepIdentifier,
	"last_required_identification_deletion_failed":   keepIdentifier,
	"delete_linked_identification_disallowed":        "Disconnect the account that this identifier comes from, or keep it.",
	"identification_create_second_factor_unverified": verifyFirst,
	"identification_update_second_factor_unverified": verifyFirst,
	"identification_update_failed":                   "Keep another identifier with which the user can sign in.",
	"form_verification_needed":                       verifyFirst,
	"form_resource_not_found":                        "Check the ids in the manifest: Clerk does not know one of them.",

	"api_version_invalid":          reportBug,
	"operation_deprecated":         reportBug,
	"unsupported_content_type":     reportBug,
	"form_param_deprecated":        reportBug,
	"request_body_invalid":         reportBug,
	"malformed_request_parameters": reportBug,
	"bad_request":                  reportBug,
	"missing_query_parameter":      reportBug,
	"bulk_size_exceeded":           reportBug,
}

// Remedy returns one sentence that says what to do about an error.
func Remedy(e *Error) string {
	// Clerk has no code for an image that it cannot read; it reports a body that it cannot read.
	if e.Code == "request_body_invalid" && e.Param == profileImageParam {
		return chooseImage
	}
	if remedy, ok := remedies[e.Code]; ok {
		return remedy
	}
	return defaultRemedy
}
