// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// credentials are values that prove an identity, in their usual forms.
func credentials() map[string]string {
	return map[string]string{
		"Password": "Hunter2 + \"quotes\"/ümlaut?&=%", "Short": "p4$s", "Code": "482913", "Base32": "JBSWY3DPEHPK3PXPJBSWY3DP",
		"PaddedBase32": "JBSW Y3DP EHPK 3PXP====", "BackupCode": "x7k2-9qpz",
		"Digest":      "$2b$10$Ab/Cd.EfGhIjKlMnOpQrStUvWxYz0123456789abcdefghijkl",
		"Punctuation": "it's (50*2)! ~é",
		"Lines":       "first\nsecond\n",
	}
}

// spelledOut returns the texts that an error must not contain, and how an answer contains them.
func spelledOut(value string) map[string]string {
	bytes := []byte(value)
	return map[string]string{
		"Raw":             value,
		"LowerCase":       strings.ToLower(value),
		"UpperCase":       strings.ToUpper(value),
		"Trimmed":         strings.TrimSpace(value),
		"WithoutBlanks":   strings.ReplaceAll(value, " ", ""),
		"WithoutPadding":  strings.ReplaceAll(strings.TrimRight(value, "="), " ", ""),
		"Quoted":          fmt.Sprintf("%q", value),
		"Query":           url.QueryEscape(value),
		"Path":            url.PathEscape(value),
		"LowerPath":       strings.ToLower(url.PathEscape(value)),
		"Browser":         encodeURIComponent(value),
		"Hex":             hex.EncodeToString(bytes),
		"UpperHex":        strings.ToUpper(hex.EncodeToString(bytes)),
		"Base64":          base64.StdEncoding.EncodeToString(bytes),
		"LowerBase64":     strings.ToLower(base64.StdEncoding.EncodeToString(bytes)),
		"URLBase64":       base64.RawURLEncoding.EncodeToString(bytes),
		"Base64WithALine": base64.StdEncoding.EncodeToString([]byte(value + "\n")),
	}
}

// encodeURIComponent is JavaScript's function of that name.
func encodeURIComponent(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		if c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || strings.IndexByte("-_.!~*'()", c) >= 0) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func credentialCalls(value string) map[string]func(ctx context.Context, c *Client) error {
	return map[string]func(ctx context.Context, c *Client) error{
		"VerifyPassword": func(ctx context.Context, c *Client) error {
			_, err := c.VerifyPassword(ctx, testUserID, value)
			return err
		},
		"VerifyTOTP": func(ctx context.Context, c *Client) error {
			_, err := c.VerifyTOTP(ctx, testUserID, value)
			return err
		},
		"UpdateUser": func(ctx context.Context, c *Client) error {
			_, err := c.UpdateUser(ctx, testUserID, UpdateUserParams{Password: new(NewSecret(value))})
			return err
		},
		"UpdateTOTP": func(ctx context.Context, c *Client) error {
			_, err := c.UpdateUser(ctx, testUserID, UpdateUserParams{TOTPSecret: new(NewSecret(value))})
			return err
		},
		"CreateUserWithPassword": func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{Password: new(NewSecret(value))})
			return err
		},
		"CreateUserWithDigest": func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{PasswordDigest: new(NewSecret(value)), PasswordHasher: new("bcrypt")})
			return err
		},
		"CreateUserWithTOTP": func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{TOTPSecret: new(NewSecret(value))})
			return err
		},
		"CreateUserWithBackupCodes": func(ctx context.Context, c *Client) error {
			_, err := c.CreateUser(ctx, CreateUserParams{BackupCodes: []Secret{NewSecret("other-code"), NewSecret(value)}})
			return err
		},
	}
}

func TestNoErrorShowsACredentialInAnySpelling(t *testing.T) {
	t.Parallel()
	for kind, value := range credentials() {
		for spelling, spelled := range spelledOut(value) {
			t.Run(kind+"As"+spelling, func(t *testing.T) {
				t.Parallel()
				text := quote("no: '" + spelled + "', x" + spelled + "y")
				echo := `{"errors":[{"code":"form_param_value_invalid","message":` + text + `,"long_message":` + text + `,
					"meta":{"param_names":[` + quote(spelled) + `,"password"]}}],"clerk_trace_id":` + quote(spelled) + "}"
				c := newTestClient(t, newStub(t, answering(http.StatusUnprocessableEntity, echo)).URL)
				for call, calling := range credentialCalls(value) {
					err := calling(t.Context(), c)
					e, ok := Rejected(err)
					if !ok {
						t.Fatalf("%s: got %v, want a refusal", call, err)
					}
					// A line of text has no breaks, so neither has what is looked for.
					secret := strings.ToLower(singleLine(strings.Trim(spelled, "\"=")))
					for _, told := range []string{err.Error(), e.Message, e.Param, e.TraceID, fmt.Sprintf("%#v", e)} {
						if strings.Contains(strings.ToLower(told), secret) {
							t.Errorf("%s: %q tells %q", call, told, secret)
						}
					}
				}
			})
		}
	}
}

func TestACredentialInsideBase64IsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringN(minSpelled, -1, 64).Draw(t, "value")
		before := rapid.StringN(-1, -1, 10).Draw(t, "before")
		after := rapid.StringN(-1, -1, 10).Draw(t, "after")
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(before + value + after))
			core := insideBase64(encoding.WithPadding(base64.NoPadding), value, len(before)%3)
			if len(core) < (len(value)*8-10)/6 || !strings.Contains(text, core) {
				t.Fatalf("%q is not found by %q", text, core)
			}
			if len(core) < minBase64 {
				continue
			}
			// What is long without being a value goes anyway.
			if got := newRedactor([]string{value}).withoutValues(text); strings.Contains(got, core) {
				t.Fatalf("%q still tells %q", got, core)
			}
		}
	})
}

func TestSpellingsDoNotEatOrdinaryText(t *testing.T) {
	t.Parallel()
	const text = "That password is too short: 8 characters are needed, user_29w83sxmDNGwOuEthce5gg56FcC."
	for _, value := range []string{"q7", "  a  ", "=", "= = b", "\t\t\t"} {
		if got := newRedactor([]string{value}).line(text, maxMessage); got != text {
			t.Errorf("%q was taken out: %q", value, got)
		}
	}
}

func TestParamsOfANewUserPrintNothing(t *testing.T) {
	t.Parallel()
	params := CreateUserParams{BackupCodes: []Secret{NewSecret("x7k2-9qpz")}, PrivateMetadata: Metadata{"k": "canary"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(verb, params) + fmt.Sprintf(verb, &params)
		if strings.Contains(text, "x7k2") || strings.Contains(text, "canary") {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}
