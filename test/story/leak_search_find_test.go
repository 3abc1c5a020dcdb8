// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// planted are texts that hold a value, each in another way of a program to print, encode or digest it.
func planted(t *testing.T, value string) map[string]string {
	t.Helper()
	marshal := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	sum := sha256.Sum256([]byte(value))
	shadow := sha512.Sum512([]byte(value + "\n"))
	return map[string]string{
		"AsItIs":                value,
		"InLowerCase":           strings.ToLower(value),
		"InUpperCase":           strings.ToUpper(value),
		"PrintedQuoted":         fmt.Sprintf("%q", value),
		"PrintedInASCII":        fmt.Sprintf("%+q", value),
		"PrintedAsGo":           fmt.Sprintf("%#v", struct{ Password string }{value}),
		"PrintedAsBytes":        fmt.Sprintf("%v", struct{ data []byte }{[]byte(value)}),
		"PrintedAsHex":          fmt.Sprintf("%x", value),
		"PrintedAsUpperHex":     fmt.Sprintf("%X", value),
		"InAStruct":             fmt.Sprintf("%+v", struct{ Password string }{value}),
		"InJSON":                marshal(map[string]any{"password": value}),
		"InJSONInJSON":          marshal(map[string]any{"body": marshal(map[string]any{"password": value})}),
		"BytesInJSON":           marshal(map[string]any{"data": []byte(value)}),
		"InAQuery":              url.Values{"code": {value}}.Encode(),
		"InAPath":               url.PathEscape("a/" + value),
		"InBase64":              base64.StdEncoding.EncodeToString([]byte(value)),
		"InBase64ForURLs":       base64.URLEncoding.EncodeToString([]byte(value)),
		"InBase64WithoutPad":    base64.RawStdEncoding.EncodeToString([]byte(value)),
		"InBase64AfterOneByte":  base64.StdEncoding.EncodeToString([]byte("!" + value + "!")),
		"InBase64AfterTwoBytes": base64.StdEncoding.EncodeToString([]byte(`{"` + value + `"}`)),
		"InABasicHeader":        "Basic " + base64.RawURLEncoding.EncodeToString([]byte("ann:"+value)),
		"AsMD5":                 fmt.Sprintf("%x", md5.Sum([]byte(value))),
		"AsSHA1":                fmt.Sprintf("%x", sha1.Sum([]byte(value))),
		"AsSHA256":              fmt.Sprintf("sha256:%X", sum),
		"AsShortenedSHA256":     fmt.Sprintf("%x", sum[:8]),
		"AsSHA256InBase64":      base64.StdEncoding.EncodeToString(sum[:]),
		"AsSHA512OfALine":       base64.RawURLEncoding.EncodeToString(shadow[:]),
		"AsBareSHA256":          string(sum[:]),
	}
}

// TestSearchFindsWhatIsPlanted holds the search itself to its word, for values of every kind that stories hide.
func TestSearchFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"Letters": random(letters, 16), "Mixed": random(letters+capitals+digits, 32), "Base32": random(base32, 32),
		"Marks": random(marks, 24), "Foreign": random(foreign, 16), "Password": ` "` + random(marks+foreign, 8) + random(letters, 12) + `\ `,
		"Code": random(digits, 6), "Key": "sk_live_" + random(letters+digits, 24), "Digest": bcryptDigest(t, "first-Of-All-77"),
	}
	for kind, value := range values {
		search := newLeakSearch([]leakMarker{{name: "other", value: random(letters, 16)}, {name: "it", value: value}})
		for form, said := range planted(t, value) {
			for _, text := range []string{said, `{"level":"info","msg":"` + said + `","count":1}` + "\n", "is " + said} {
				if found := search.in(text); len(found) == 0 || !strings.HasPrefix(found[0], "it, ") {
					t.Errorf("%s %s is not found, but %q", kind, form, found)
				}
			}
		}
		for _, innocent := range []string{"", "nothing", `{"time":"2026-11-23T19:40:49Z","uid":"` + random(letters+digits, 200) + `"}`} {
			if found := search.in(innocent); len(found) != 0 {
				t.Errorf("%s is found where it is not: %q", kind, found)
			}
		}
	}
}

func TestSearchKnowsACodeFromAPartOfANumber(t *testing.T) {
	t.Parallel()
	search := newLeakSearch([]leakMarker{{name: "it", value: "271828"}})
	for _, text := range []string{"271828", `"271828"`, "code=271828&x", "code 271828, wrong", "[271828]"} {
		if len(search.in(text)) == 0 {
			t.Errorf("%q is not found", text)
		}
	}
	for _, innocent := range []string{"2718281", "1271828", "0.271828", "a271828", "2026-271828"} {
		if found := search.in(innocent); len(found) != 0 {
			t.Errorf("%q counts: %q", innocent, found)
		}
	}
}

func TestHalfAValueIsFound(t *testing.T) {
	t.Parallel()
	value := random(letters, 32)
	search := newLeakSearch([]leakMarker{{name: "it", value: value}})
	for _, half := range []string{value[:20] + "…", "…" + value[12:]} {
		if len(search.in(half)) == 0 {
			t.Errorf("%q of %q is passed over", half, value)
		}
	}
}
