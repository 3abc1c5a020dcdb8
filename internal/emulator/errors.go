// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal in Clerk's form.
type apiError struct {
	status  int
	entries []errorEntry
	// retryAfter is the Retry-After header in whole seconds; 0 means no header.
	retryAfter int
}

// errorEntry is one element of an error body's errors.
type errorEntry struct {
	Message     string         `json:"message"`
	LongMessage string         `json:"long_message"`
	Code        string         `json:"code"`
	Meta        map[string]any `json:"meta,omitempty"`
}

// errorBody is the body of every answer that is not a success.
type errorBody struct {
	Errors  []errorEntry `json:"errors"`
	TraceID string       `json:"clerk_trace_id"`
}

// Error returns the codes, for tests and logs; never a value from the request.
func (e *apiError) Error() string {
	codes := make([]string, len(e.entries))
	for i, entry := range e.entries {
		codes[i] = entry.Code
	}
	return fmt.Sprintf("clerk answers %d %s", e.status, strings.Join(codes, ", "))
}

// refuse returns a refusal with one entry.
func refuse(status int, code, message, long string) *apiError {
	return &apiError{status: status, entries: []errorEntry{{Message: message, LongMessage: long, Code: code}}}
}

// about sets the request field that a refusal is about.
func (e *apiError) about(param string) *apiError {
	e.entries[0].Meta = map[string]any{"param_name": param}
	return e
}

// problem returns an entry about one request field, for a 422.
func problem(code, param, message, long string) errorEntry {
	return errorEntry{Message: message, LongMessage: long, Code: code, Meta: map[string]any{"param_name": param}}
}

// unprocessable returns a 422 with the problems, or nil if there are none.
func unprocessable(problems ...errorEntry) error {
	if len(problems) == 0 {
		return nil
	}
	return &apiError{status: http.StatusUnprocessableEntity, entries: problems}
}

func unknownParam(param string) errorEntry {
	return problem("form_param_unknown", param, "is unknown", param+" is not a valid parameter for this request.")
}

func deprecatedParam(param string) errorEntry {
	return problem("form_param_deprecated", param, "is deprecated", param+" is no longer accepted by this endpoint in this API version.")
}

func missingParam(param string) errorEntry {
	return problem("form_param_missing", param, "is missing", param+" must be included.")
}

func nilParam(param string) errorEntry {
	return problem("form_param_nil", param, "is missing", "Enter "+param+".")
}

func invalidValue(param string) errorEntry {
	return problem("form_param_value_invalid", param, "is invalid", param+" does not match one of the allowed values.")
}

func invalidFormat(param, what string) errorEntry {
	return problem("form_param_format_invalid", param, "is invalid", param+" must be "+what+".")
}

func duplicateParam(param string) errorEntry {
	return problem("form_param_duplicate", param, "is duplicate", param+" must not contain duplicates.")
}

func identifierExists(param string) errorEntry {
	noun := strings.ReplaceAll(param, "_", " ")
	return problem("form_identifier_exists", param, "is taken", "That "+noun+" is taken. Please try another.")
}

func conditionalParamMissing(param, other string) errorEntry {
	return problem("form_conditional_param_missing", param, "is missing", param+" must be included together with "+other+".")
}

func conditionalParamDisallowed(param, other string) errorEntry {
	return problem("form_conditional_param_disallowed", param, "is not allowed", param+" can only be given together with "+other+".")
}

func notFound(noun, id string) *apiError {
	return refuse(http.StatusNotFound, "resource_not_found", "not found", "No "+noun+" was found with id "+id)
}

func unknownRoute() *apiError {
	return refuse(http.StatusNotFound, "resource_not_found", "not found", "The requested endpoint does not exist.")
}

func managedBySCIM(param string) error {
	return refuse(http.StatusConflict, "attribute_managed_by_scim", "is managed by a directory",
		"This attribute is managed by a directory and cannot be changed.").about(param)
}

func paymentRequired(feature string) *apiError {
	e := refuse(http.StatusPaymentRequired, "unsupported_subscription_plan_features", "plan does not support this feature",
		"Upgrade your plan to use this feature.")
	e.entries[0].Meta = map[string]any{"unsupported_features": []string{feature}}
	return e
}

func featureDisabled(what string) *apiError {
	return refuse(http.StatusForbidden, "feature_not_enabled", "not enabled", what+" is not enabled for this instance.")
}

func tooManyRequests(seconds int) *apiError {
	e := refuse(http.StatusTooManyRequests, "too_many_requests", "Too many requests. Please try again in a bit.",
		"Too many requests. Please try again in a bit.")
	e.retryAfter = seconds
	return e
}
