// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// adapt relaxes the document where Clerk is known to answer differently, and tightens it where it allows mistakes.
// Nothing else relaxes it: the emulator conforms to the other oddities of the document.
func adapt(text *openapi3.T) error {
	if text.Components == nil || text.Components.Responses["ClerkErrors"] == nil {
		return errors.New("it does not say what a refusal looks like")
	}
	refusal := text.Components.Responses["ClerkErrors"]
	for _, item := range text.Paths.Map() {
		for _, o := range item.Operations() {
			describeRefusals(o, refusal)
			closeBody(o)
		}
	}
	widenStrategies(text)
	return acceptTokenPages(text)
}

// describeRefusals relaxes and tightens. Operations do not list every status of a refusal: 429 and 5xx are missing
// nearly everywhere, 401 and 404 often, and so are codes of Clerk's own catalogue of errors, such as 409 for a user
// that a directory manages and 413 for an image. These are allowed if the body is that of a refusal; a success that is
// not listed is not. If a status is listed without a body, as for a wrong password or code, the body must be that of a
// refusal too.
func describeRefusals(o *openapi3.Operation, refusal *openapi3.ResponseRef) {
	for _, class := range []string{"4XX", "5XX"} {
		if o.Responses.Value(class) == nil {
			o.Responses.Set(class, refusal)
		}
	}
	for status, listed := range o.Responses.Map() {
		if status >= "4" && len(listed.Value.Content) == 0 {
			o.Responses.Set(status, refusal)
		}
	}
}

// closeBody tightens. Some operations, for addresses and numbers and in bulk, do not say that they refuse unknown
// fields, so that a typing error would pass. Only the outermost object is closed, because metadata is an object inside
// it.
func closeBody(o *openapi3.Operation) {
	if o.RequestBody == nil {
		return
	}
	for _, media := range o.RequestBody.Value.Content {
		// A schema that is defined elsewhere may also be an answer, which must not be closed.
		if media.Schema == nil || media.Schema.Ref != "" {
			continue
		}
		s := media.Schema.Value
		if s.Type.Is(openapi3.TypeObject) && len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = new(false)
		}
	}
}

// widenStrategies relaxes. The document describes names of OAuth strategies as letters only. But linkedin_oidc is a
// provider of Clerk's, and customers name custom ones, with underscores and digits. It describes the link of an address
// as an OAuth strategy only, but an address can come from a SAML account.
func widenStrategies(text *openapi3.T) {
	const narrow, wide = "[a-z]+$", "[a-z0-9_]+$"
	for name, component := range text.Components.Schemas {
		for _, property := range component.Value.Properties {
			stem, letters := strings.CutSuffix(property.Value.Pattern, narrow)
			if !letters || !strings.Contains(stem, "oauth_") {
				continue
			}
			property.Value.Pattern = stem + wide
			if name == "IdentificationLink" {
				property.Value.Pattern = "^saml$|" + stem + wide
			}
		}
	}
}

// acceptTokenPages relaxes. The document describes OAuth access tokens as an array only, but with paginated=true, a
// parameter of the same operation, they are a page like other lists.
func acceptTokenPages(text *openapi3.T) error {
	item := text.Paths.Value("/users/{user_id}/oauth_access_tokens/{provider}")
	if item == nil || item.Get == nil {
		return errors.New("it has no OAuth access tokens")
	}
	tokens := item.Get.Responses.Status(http.StatusOK).Value.Content.Get("application/json")
	if tokens == nil {
		return errors.New("it does not say what OAuth access tokens look like")
	}
	page := openapi3.NewObjectSchema().WithProperty("total_count", openapi3.NewInt64Schema()).WithPropertyRef("data", tokens.Schema).
		WithRequired([]string{"data", "total_count"}).WithoutAdditionalProperties()
	tokens.Schema = &openapi3.SchemaRef{Value: &openapi3.Schema{OneOf: openapi3.SchemaRefs{tokens.Schema, {Value: page}}}}
	return nil
}
