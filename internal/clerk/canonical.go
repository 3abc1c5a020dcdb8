// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// Shapes of all ids that Clerk has published.
var (
	userIDShape           = regexp.MustCompile(`^user_[A-Za-z0-9]+$`)
	identificationIDShape = regexp.MustCompile(`^idn_[A-Za-z0-9]+$`)
	// instanceIDShape also has the length that spec.instanceID may have, because the id becomes the value of a label.
	instanceIDShape = regexp.MustCompile(`^ins_[A-Za-z0-9]{1,60}$`)
	// partIDShape is the shape of any id. What belongs to a user has ids of several kinds.
	partIDShape = regexp.MustCompile(`^[a-z]+_[A-Za-z0-9]+$`)
)

var (
	errMissingPart = &malformedError{problem: "a part of it is missing"}
	errNotAnObject = &malformedError{problem: "metadata is not an object"}
)

// text returns the value of a nullable text; "" for null.
func text(nullable *string) string {
	if nullable == nil {
		return ""
	}
	return *nullable
}

// fromMilliseconds converts Clerk's Unix milliseconds; 0 is the zero time.
func fromMilliseconds(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// fromNullableMilliseconds is fromMilliseconds for a nullable value; null is the zero time.
func fromNullableMilliseconds(ms *int64) time.Time {
	if ms == nil {
		return time.Time{}
	}
	return fromMilliseconds(*ms)
}

func canonicalEmailAddress(from *clerksdk.EmailAddress) (EmailAddress, error) {
	if from == nil || !identificationIDShape.MatchString(from.ID) {
		return EmailAddress{}, errMissingPart
	}
	return EmailAddress{
		ID:      from.ID,
		Address: LowerASCII(from.EmailAddress),
		Status:  statusOf(from.Verification, from.Reserved),
		Linked:  len(from.LinkedTo) > 0,
	}, nil
}

func canonicalPhoneNumber(from *clerksdk.PhoneNumber) (PhoneNumber, error) {
	if from == nil || !identificationIDShape.MatchString(from.ID) {
		return PhoneNumber{}, errMissingPart
	}
	return PhoneNumber{
		ID:                      from.ID,
		Number:                  from.PhoneNumber,
		Status:                  statusOf(from.Verification, from.Reserved),
		ReservedForSecondFactor: from.ReservedForSecondFactor,
		Linked:                  len(from.LinkedTo) > 0,
	}, nil
}

// statusOf returns the status of an identifier. An unverified identifier with the flag reserved is Reserved.
func statusOf(verification *clerksdk.Verification, reserved bool) IdentifierStatus {
	switch {
	case verification != nil && verification.Status == string(Verified):
		return Verified
	case reserved:
		return Reserved
	default:
		return Unverified
	}
}

// decodeMetadata decodes a metadata object; null and an absent one are empty. Users can write part of their metadata
// themselves. So a number that no float64 holds is kept as it is and does not make the user unreadable.
func decodeMetadata(raw json.RawMessage) (Metadata, error) {
	if len(raw) == 0 {
		return Metadata{}, nil
	}
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		plain = nil
		if err := decoder.Decode(&plain); err != nil {
			return nil, errNotAnObject
		}
		for key, value := range plain {
			plain[key] = withFloats(value)
		}
	}
	if plain == nil {
		return Metadata{}, nil
	}
	return plain, nil
}

// UnmarshalJSON decodes metadata as in Clerk's answers.
func (m *Metadata) UnmarshalJSON(data []byte) (err error) {
	*m, err = decodeMetadata(data)
	return err
}

// withFloats converts numbers into float64 if a float64 can hold them.
func withFloats(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			value[key] = withFloats(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = withFloats(inner)
		}
	case json.Number:
		if number, err := value.Float64(); err == nil {
			return number
		}
	}
	return value
}

// unmarshalList decodes an array and refuses null.
func unmarshalList[T any](data []byte, list *[]T) error {
	if err := json.Unmarshal(data, list); err != nil {
		return err
	}
	if *list == nil {
		return errors.New("null is not a list")
	}
	return nil
}
