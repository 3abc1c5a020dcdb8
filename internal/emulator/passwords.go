// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"encoding/base32"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	minPasswordLength = 8
	maxPasswordBytes  = 72
)

// The formats of the digests that are imported most often. They are compiled once per process and never written.
var (
	bcryptPattern = regexp.MustCompile(`^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$`)
	argon2Pattern = regexp.MustCompile(`^\$argon2(id?)\$v=[0-9]+\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[^$]+\$[^$]+$`)
	djangoPattern = regexp.MustCompile(`^pbkdf2_sha256\$[0-9]+\$[^$]+\$[^$]+$`)
	md5Pattern    = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	sha256Pattern = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// fits reports whether a digest has the format of its hasher. A hasher without a pattern here accepts any digest.
func fits(hasher, digest string) bool {
	switch hasher {
	case "bcrypt":
		return bcryptPattern.MatchString(digest)
	case "argon2i", "argon2id":
		return argon2Pattern.MatchString(digest) && strings.HasPrefix(digest, "$"+hasher+"$")
	case "pbkdf2_sha256_django":
		return djangoPattern.MatchString(digest)
	case "md5":
		return md5Pattern.MatchString(digest)
	case "sha256":
		return sha256Pattern.MatchString(digest)
	default:
		return true
	}
}

// hashers returns every password_hasher that Clerk documents anywhere.
func hashers() []string {
	return []string{
		"argon2i", "argon2id", "awscognito", "bcrypt", "bcrypt_peppered", "bcrypt_sha256_django", "hmac_sha256_utf16_b64",
		"ldap_ssha", "md5", "md5_phpass", "md5_salted", "pbkdf2_sha1", "pbkdf2_sha256", "pbkdf2_sha256_django", "pbkdf2_sha512",
		"pbkdf2_sha512_hex", "phpass", "scrypt_firebase", "scrypt_werkzeug", "sha256", "sha256_salted", "sha512_symfony",
	}
}

// breached reports whether the password is on a breach list: a few well-known ones, in any case, and those of the
// instance.
func breached(s *Settings, password string) bool {
	everywhere := []string{"password", "password1", "password123", "12345678", "123456789", "qwertyuiop", "iloveyou", "letmein123"}
	return slices.Contains(everywhere, strings.ToLower(password)) || slices.Contains(s.Pwned, password)
}

// credentialsForm has the write-only fields of create and update.
type credentialsForm struct {
	Password           given[string]   `json:"password"`
	PasswordDigest     given[string]   `json:"password_digest"`
	PasswordHasher     given[string]   `json:"password_hasher"      null:"no"`
	SkipPasswordChecks given[bool]     `json:"skip_password_checks"`
	TOTPSecret         given[string]   `json:"totp_secret"`
	BackupCodes        given[[]string] `json:"backup_codes"         null:"no"`
}

// setsPassword reports whether the form has a password or a digest.
func (f *credentialsForm) setsPassword() bool {
	return f.Password.present() && f.Password.Value != "" || f.PasswordDigest.present() && f.PasswordDigest.Value != ""
}

func (f *credentialsForm) problems(s *Settings) []errorEntry {
	found := append(f.passwordProblems(s), f.digestProblems()...)
	if f.TOTPSecret.present() && !validTOTPSecret(f.TOTPSecret.Value) {
		found = append(found, problem("invalid_totp_secret_code", "totp_secret", "is invalid", "The TOTP secret must be base32."))
	}
	return found
}

func (f *credentialsForm) passwordProblems(s *Settings) []errorEntry {
	if !f.Password.present() || f.SkipPasswordChecks.Value {
		return nil
	}
	password := f.Password.Value
	switch {
	case utf8.RuneCountInString(password) < minPasswordLength:
		return []errorEntry{problem("form_password_length_too_short", "password",
			"Passwords must be 8 characters or more.", "Passwords must be 8 characters or more.")}
	case len(password) > maxPasswordBytes:
		return []errorEntry{problem("form_password_size_in_bytes_exceeded", "password",
			"Password has exceeded the maximum size in bytes.", "Password has exceeded the maximum size in bytes.")}
	case breached(s, password):
		return []errorEntry{problem("form_password_pwned", "password",
			"Password has been found in an online data breach.", "For account safety, please use a different password.")}
	}
	return nil
}

func (f *credentialsForm) digestProblems() []errorEntry {
	switch {
	case f.PasswordDigest.present() && !f.PasswordHasher.present():
		return []errorEntry{conditionalParamMissing("password_hasher", "password_digest")}
	case f.PasswordHasher.present() && !f.PasswordDigest.present():
		return []errorEntry{conditionalParamMissing("password_digest", "password_hasher")}
	case !f.PasswordDigest.present():
		return nil
	case f.Password.present():
		return []errorEntry{problem("form_param_value_conflict", "password_digest", "is in conflict",
			"password and password_digest cannot be given together.")}
	case !slices.Contains(hashers(), f.PasswordHasher.Value):
		return []errorEntry{invalidValue("password_hasher")}
	}
	if !fits(f.PasswordHasher.Value, f.PasswordDigest.Value) {
		return []errorEntry{problem("form_password_digest_invalid_code", "password_digest", "is invalid",
			"The password digest does not match the format of its hasher.")}
	}
	return nil
}

// write stores the credentials of the form.
func (f *credentialsForm) write(u *User, now time.Time) {
	if f.setsPassword() {
		u.Credentials.Password, u.Credentials.PasswordDigest = f.Password.Value, f.PasswordDigest.Value
		u.Credentials.PasswordHasher = f.PasswordHasher.Value
		u.PasswordEnabled, u.PasswordCompromised = true, false
		u.PasswordLastUpdatedAt = new(millis(now))
	}
	if f.TOTPSecret.present() {
		u.Credentials.TOTPSecret, u.TOTPEnabled = f.TOTPSecret.Value, true
		u.updateFactors(now)
	}
	if f.BackupCodes.present() {
		u.writeBackupCodes(slices.Clone(f.BackupCodes.Value))
	}
}

func validTOTPSecret(secret string) bool {
	secret = strings.TrimRight(strings.ToUpper(secret), "=")
	_, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	return err == nil && secret != ""
}
