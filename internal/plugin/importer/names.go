// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// defaultName is the default of --name.
const defaultName = "{{first .Username .EmailLocalPart .ExternalID .ID}}"

const (
	// maxObjectName is how long a name may be, so that it also is a label's value.
	maxObjectName = 63
	// suffixDigits is the length of the digest that makes a name unique.
	suffixDigits = 8
)

// nameFields are what a template of names can use. A value that the user does not have is "".
type nameFields struct {
	ID, Username, ExternalID, Email, EmailLocalPart, EmailDomain, Phone, FirstName, LastName string
	// PublicMetadata has the top-level texts, numbers and booleans.
	PublicMetadata map[string]string
}

// nameFieldsHelp lists them for people.
const nameFieldsHelp = ".Username, .Email, .EmailLocalPart, .EmailDomain, .Phone, .FirstName, .LastName, .ExternalID, .ID, .PublicMetadata.KEY"

func nameFieldsOf(u *clerk.User) nameFields {
	f := nameFields{
		ID: u.ID, Username: u.Username, ExternalID: u.ExternalID, FirstName: u.FirstName, LastName: u.LastName,
		PublicMetadata: map[string]string{},
	}
	for _, email := range u.EmailAddresses {
		// Anybody can enter an address, and would choose the name of an object.
		if email.Status != clerk.Unverified && (f.Email == "" || email.ID == u.PrimaryEmailAddressID) {
			f.Email = email.Address
		}
	}
	for _, phone := range u.PhoneNumbers {
		if phone.Status != clerk.Unverified && (f.Phone == "" || phone.ID == u.PrimaryPhoneNumberID) {
			f.Phone = phone.Number
		}
	}
	if at := strings.LastIndex(f.Email, "@"); at >= 0 {
		f.EmailLocalPart, f.EmailDomain = f.Email[:at], f.Email[at+1:]
	}
	for key, value := range u.PublicMetadata {
		if text, ok := scalarText(value); ok {
			f.PublicMetadata[key] = text
		}
	}
	return f
}

// scalarText returns a text, number or boolean of decoded JSON as text.
func scalarText(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case bool:
		return strconv.FormatBool(value), true
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case fmt.Stringer: // json.Number
		return value.String(), true
	default:
		return "", false
	}
}

// claim is who has a name.
type claim struct {
	// userID is "" for an object that exists and is another user's.
	userID string
	// unfinished is true for a file of an interrupted import that may have to be written again.
	unfinished bool
}

// namer gives users the names of their objects. It keeps nothing of a user but its id and name.
type namer struct {
	template *template.Template
	taken    map[string]claim
}

// newNamer returns a namer for a template. The error names the field that the template cannot use.
func newNamer(text string) (*namer, error) {
	parsed, err := template.New("name").Option("missingkey=zero").Funcs(template.FuncMap{"first": first}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("--name: %s; write a template such as %s", withoutPlace(err), defaultName)
	}
	n := &namer{template: parsed, taken: map[string]claim{}}
	if _, err := n.wanted(&clerk.User{ID: "user_1"}); err != nil {
		return nil, err
	}
	return n, nil
}

// first returns the first text that has something for a name.
func first(texts ...string) string {
	at := slices.IndexFunc(texts, func(text string) bool { return label(text) != "" })
	if at < 0 {
		return ""
	}
	return texts[at]
}

// wanted returns the name of a user before it is made unique.
func (n *namer) wanted(u *clerk.User) (string, error) {
	var text strings.Builder
	if err := n.template.Execute(&text, nameFieldsOf(u)); err != nil {
		if field := failedField(err); field != "" {
			return "", fmt.Errorf("--name: %s cannot be used; the fields are %s", field, nameFieldsHelp)
		}
		return "", fmt.Errorf("--name: %s", withoutPlace(err))
	}
	if name := label(text.String()); name != "" {
		return name, nil
	}
	return label(u.ID), nil
}

var evaluated = regexp.MustCompile(`<([^<>]+)>: can't evaluate field`)

// failedField returns the field that a template could not evaluate.
func failedField(err error) string {
	if failed, ok := errors.AsType[template.ExecError](err); ok {
		if match := evaluated.FindStringSubmatch(failed.Error()); match != nil {
			return match[1]
		}
	}
	return ""
}

// withoutPlace returns a template's error without the name that the template has in this program.
func withoutPlace(err error) string { return strings.TrimPrefix(err.Error(), "template: ") }

// name returns the name of a user's object. seen is true for a user that has one already. Of users that want the same name, the first
// one gets it, and the others get it with a digest of their ids. Users come oldest first, so that new users change no name.
func (n *namer) name(u *clerk.User) (name string, seen bool, err error) {
	wanted, err := n.wanted(u)
	if err != nil {
		return "", false, err
	}
	digest := sha256.Sum256([]byte(u.ID))
	suffix := hex.EncodeToString(digest[:])
	for name, digits := wanted, suffixDigits; ; digits *= 2 {
		switch holder, taken := n.taken[name]; {
		case !taken, holder.userID == u.ID && holder.unfinished:
			n.taken[name] = claim{userID: u.ID}
			return name, false, nil
		case holder.userID == u.ID:
			return name, true, nil
		case digits > maxObjectName:
			return "", false, fmt.Errorf("there is no free name for user %s", u.ID)
		}
		digits := min(digits, maxObjectName-len("x-"))
		name = strings.TrimRight(cut(wanted, maxObjectName-1-digits), "-") + "-" + suffix[:digits]
	}
}

// label returns a text as a DNS label: lower-case letters, digits and hyphens; "" if nothing is left.
func label(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(spelled.Replace(strings.ToLower(text))) {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r), strings.HasSuffix(b.String(), "-"):
		default:
			b.WriteByte('-')
		}
		if b.Len() > maxObjectName {
			break
		}
	}
	return strings.Trim(cut(strings.TrimLeft(b.String(), "-"), maxObjectName), "-")
}

// spelled writes Latin letters that are no letter with a mark.
//
//nolint:gochecknoglobals // a table that nothing writes to
var spelled = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

func cut(text string, most int) string { return text[:min(len(text), most)] }
