// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"regexp"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// emailShape is the CEL rule of EmailAddress.address, for objects that were stored before that rule was as strict.
var emailShape = regexp.MustCompile(`^[^@<>()\[\]\\",;:\pC\pZ]+@[^@<>()\[\]\\",;:.\pC\pZ]+([.][^@<>()\[\]\\",;:.\pC\pZ]+)*$`)

// checkIdentifiers refuses addresses and usernames that Clerk may store in another form than the spec shows.
func checkIdentifiers(spec *v1alpha1.ClerkUserSpec) *InvalidError {
	if spec.Username != nil {
		if problem := letterProblem(*spec.Username); problem != "" {
			return &InvalidError{"spec." + FieldUsername, problem}
		}
	}
	for i, email := range spec.EmailAddresses {
		problem := letterProblem(email.Address)
		if problem == "" && !emailShape.MatchString(email.Address) {
			problem = "must be one e-mail address in the form name@domain, such as ada@example.com, without display name, " +
				"quotes, comments or white space"
		}
		if problem != "" {
			return &InvalidError{fmt.Sprintf("spec.%s[%d].address", FieldEmailAddresses, i), problem}
		}
	}
	return nil
}

// letterProblem says which part of a text Clerk may store in another form; "" if there is none. Clerk converts
// addresses and usernames to lower case and documents nothing about letters beyond ASCII. Only text that lower case and
// Unicode's normal form NFKC do not change is certain to stay. A to Z are certain too, because their folding is known.
func letterProblem(text string) string {
	for _, r := range text {
		if problem := runeProblem(r); problem != "" {
			return fmt.Sprintf("must not hold %U, %s", r, problem)
		}
	}
	if !norm.NFKC.IsNormalString(text) {
		return "must not hold a letter that consists of several characters if Unicode has it as one; " +
			"write the composed letter (normal form NFC)"
	}
	return ""
}

func runeProblem(r rune) string {
	switch {
	case unicode.In(r, unicode.C, unicode.Z, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return "which is white space, a control character, an invisible or an unknown character; remove it"
	case r <= unicode.MaxASCII:
		return ""
	case unicode.In(r, unicode.Lu, unicode.Lt):
		return "a capital letter beyond A to Z, which Clerk may store as another letter; write the lower-case letter"
	case !norm.NFKC.IsNormalString(string(r)):
		return "a character that stands for another one, as which Clerk may store it; write the ordinary character"
	default:
		return ""
	}
}
