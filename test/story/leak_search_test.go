// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// leakMarker is a value that must appear nowhere, and what it is.
type leakMarker struct{ name, value string }

// startLen is how many bytes of every spelling the search goes by. It is the length of the shortest leak marker.
const startLen = 6

// spelling is one text in which a leak marker would appear.
type spelling struct {
	of leakMarker
	// form says how the leak marker is spelled.
	form, text string
	// alone is true for what could be part of any longer number: it counts only where it stands by itself.
	alone bool
}

// leakSearch finds leak markers in whatever spelling, without regard to upper and lower case.
type leakSearch struct {
	byStart map[[startLen]byte][]spelling
}

func newLeakSearch(leakMarkers []leakMarker) *leakSearch {
	s := &leakSearch{byStart: map[[startLen]byte][]spelling{}}
	for _, c := range leakMarkers {
		for form, text := range spellingsOf(c.value) {
			if text = folded(text); len(text) < startLen {
				continue
			}
			start := [startLen]byte([]byte(text[:startLen]))
			alone := text == c.value && strings.Trim(text, digits) == ""
			s.byStart[start] = append(s.byStart[start], spelling{of: c, form: form, text: text, alone: alone})
		}
	}
	return s
}

// in returns what a text reveals, each leak marker and form once.
func (s *leakSearch) in(said string) []string {
	said = folded(said)
	found := map[string]bool{}
	for i := range len(said) - startLen + 1 {
		for _, one := range s.byStart[[startLen]byte([]byte(said[i:i+startLen]))] {
			if !strings.HasPrefix(said[i:], one.text) || one.alone && partOfMore(said, i, len(one.text)) {
				continue
			}
			found[one.of.name+", "+one.form] = true
		}
	}
	var all []string
	for finding := range found {
		all = append(all, finding)
	}
	slices.Sort(all)
	return all
}

// folded is a text with the letters of ASCII in lower case. Others stay, since a digest's bytes are no text.
func folded(text string) string {
	folded := []byte(text)
	for i, c := range folded {
		if 'A' <= c && c <= 'Z' {
			folded[i] = c + 'a' - 'A'
		}
	}
	return string(folded)
}

// partOfMore reports whether a stretch of a text is part of a longer number or name.
func partOfMore(said string, at, length int) bool {
	more := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-' }
	before, _ := utf8.DecodeLastRuneInString(said[:at])
	after, _ := utf8.DecodeRuneInString(said[at+length:])
	const escape = "%2F"
	escaped := at >= len(escape) && said[at-len(escape)] == escape[0]
	return more(before) && !escaped || more(after)
}

// spellingsOf are the texts in which a value would appear, by form.
func spellingsOf(value string) map[string]string {
	all := map[string]string{
		"raw":                      value,
		"in lower case":            strings.ToLower(value),
		"in upper case":            strings.ToUpper(value),
		"quoted":                   inner(strconv.Quote(value)),
		"quoted in ASCII":          inner(strconv.QuoteToASCII(value)),
		"in JSON":                  inner(inJSON(value, true)),
		"in JSON, HTML left as is": inner(inJSON(value, false)),
		"in JSON in JSON":          inner(inJSON(inner(inJSON(value, true)), true)),
		"in the query of a URL":    url.QueryEscape(value),
		"in the path of a URL":     url.PathEscape(value),
		"in hexadecimal":           hex.EncodeToString([]byte(value)),
		"in decimal":               strings.Trim(fmt.Sprintf("%d", []byte(value)), "[]"),
		"in decimal in JSON":       strings.ReplaceAll(strings.Trim(fmt.Sprintf("%d", []byte(value)), "[]"), " ", ","),
	}
	for shift := range 3 {
		all[fmt.Sprintf("in base64, shifted by %d", shift)] = stretchOfBase64(base64.RawStdEncoding, value, shift)
		all[fmt.Sprintf("in base64 for URLs, shifted by %d", shift)] = stretchOfBase64(base64.RawURLEncoding, value, shift)
	}
	if runes := []rune(value); len(runes) >= 16 {
		all["its beginning"], all["its end"] = string(runes[:len(runes)/2]), string(runes[len(runes)/2:])
	}
	for of, text := range map[string]string{"": value, ", trimmed": strings.TrimSpace(value), ", as a line": value + "\n"} {
		for name, sum := range digestsOf(text) {
			// Only how they begin: whoever shortens a digest lets the value be guessed all the same.
			all[name+of], all[name+of+" in hexadecimal"] = string(sum[:8]), hex.EncodeToString(sum[:8])
			all[name+of+" in base64"] = base64.StdEncoding.EncodeToString(sum[:9])
			all[name+of+" in base64 for URLs"] = base64.URLEncoding.EncodeToString(sum[:9])
		}
	}
	return all
}

func digestsOf(text string) map[string][]byte {
	of := []byte(text)
	a, b, c, d := md5.Sum(of), sha1.Sum(of), sha256.Sum256(of), sha512.Sum512(of)
	return map[string][]byte{"MD5": a[:], "SHA-1": b[:], "SHA-256": c[:], "SHA-512": d[:]}
}

func inJSON(text string, escapeHTML bool) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(escapeHTML)
	// A text can always be encoded.
	_ = encoder.Encode(text)
	return strings.TrimSuffix(out.String(), "\n")
}

// inner is a text without its quotation marks.
func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// stretchOfBase64 is what base64 makes of a value that begins so many bytes after a group of three, less the characters at
// both ends that hold bits of what stands beside it.
func stretchOfBase64(encoding *base64.Encoding, value string, shift int) string {
	text := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + value))
	return text[(8*shift+5)/6 : 8*(shift+len(value))/6]
}
