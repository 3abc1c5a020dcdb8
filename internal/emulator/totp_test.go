// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// rfcSecret is the secret of the test vectors in RFC 6238, appendix B, in base 32.
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestTOTPCodesAreReal(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "totp_secret": rfcSecret})
	for name, test := range map[string]struct {
		at   int64
		code string
		fits bool
	}{
		"FirstVector":        {59, "287082", true},
		"SecondVector":       {1111111109, "081804", true},
		"ThirdVector":        {1111111111, "050471", true},
		"FourthVector":       {1234567890, "005924", true},
		"FifthVector":        {2000000000, "279037", true},
		"CodeOfAnotherTime":  {2000000000, "005924", false},
		"APeriodEarly":       {1111111050, "081804", true},
		"TwoPeriodsEarly":    {1111111049, "081804", false},
		"APeriodLate":        {1111111139, "081804", true},
		"TwoPeriodsLate":     {1111111140, "081804", false},
		"LettersForDigits":   {59, "28708a", false},
		"UnusedSecondFactor": {59, "000000", false},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.server.Clock().Set(time.Unix(test.at, 0))
			got := c.send("POST", "/users/"+u.ID+"/verify_totp", m{"code": test.code})
			if !test.fits {
				got.refused(http.StatusUnprocessableEntity, "totp_incorrect_code")
				return
			}
			got.says(`{"verified":true,"code_type":"totp"}`)
			c.send("POST", "/users/"+u.ID+"/verify_totp", m{"code": test.code}).ok()
		})
	}
}

func TestVerifyTOTPRefusals(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "totp_secret": rfcSecret, "backup_codes": []string{"backup-1"}})
	without := c.create(m{"username": "without", "backup_codes": []string{"backup-1"}})
	unknown := c.instance.Seed(emulator.User{Username: new("unknown"), TOTPEnabled: true})
	for name, test := range map[string]struct {
		user   string
		body   any
		status int
		code   string
	}{
		"TooShort":        {u.ID, m{"code": "12345"}, 422, "totp_invalid_length"},
		"TooLong":         {u.ID, m{"code": "1234567"}, 422, "totp_invalid_length"},
		"Empty":           {u.ID, m{"code": ""}, 422, "totp_invalid_length"},
		"Incorrect":       {u.ID, m{"code": "123456"}, 422, "totp_incorrect_code"},
		"SeededFlag":      {unknown.ID, m{"code": "123456"}, 422, "totp_incorrect_code"},
		"BackupCodesOnly": {without.ID, m{"code": "backup-1"}, 400, "totp_disabled"},
		"NobodyThere":     {"user_x", m{"code": "123456"}, 404, "resource_not_found"},
		"NoBody":          {u.ID, nil, 422, "form_param_missing/code"},
		"NullCode":        {u.ID, m{"code": nil}, 422, "form_param_nil/code"},
		"SomethingElse":   {u.ID, m{"code": "123456", "password": "x"}, 422, "form_param_unknown/password"},
	} {
		t.Run(name, func(t *testing.T) {
			c.in(t).send("POST", "/users/"+test.user+"/verify_totp", test.body).refused(test.status, test.code)
		})
	}
	if got := c.instance.User(u.ID); got.UpdatedAt != u.UpdatedAt || len(got.Credentials.BackupCodes) != 1 {
		t.Error("a refused code changed the user")
	}
}

func TestBackupCodesAreUsedUp(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	codes := []string{"plain-code", bcryptOf(t, "digested"), "123456"}
	u := c.create(m{"username": "somebody", "totp_secret": rfcSecret, "backup_codes": codes})
	path := "/users/" + u.ID
	verify := func(code string) answer { return c.send("POST", path+"/verify_totp", m{"code": code}) }
	before := u.UpdatedAt
	for n, code := range []string{"digested", "plain-code", "123456"} {
		verify(code).says(`{"verified":true,"code_type":"backup_code"}`)
		got := c.send("GET", path, nil).user()
		if left := len(c.instance.User(u.ID).Credentials.BackupCodes); left != 2-n || got.BackupCodeEnabled != (left > 0) {
			t.Errorf("after %q: %d codes are left, enabled %t", code, left, got.BackupCodeEnabled)
		}
		if !got.TOTPEnabled || !got.TwoFactorEnabled || got.UpdatedAt <= before {
			t.Errorf("after %q: %+v", code, got)
		}
		before = got.UpdatedAt
	}
	for _, code := range []string{"digested", "plain-code"} {
		verify(code).refused(422, "totp_invalid_length")
	}
	verify("123456").refused(422, "totp_incorrect_code")
}

// factors are what a user shows about second factors.
type factors struct {
	TwoFactor, TOTP, BackupCode bool
	EnabledAt, DisabledAt       int64
	Reserved                    []bool
}

func factorsOf(u *emulator.User) factors {
	f := factors{TwoFactor: u.TwoFactorEnabled, TOTP: u.TOTPEnabled, BackupCode: u.BackupCodeEnabled}
	if u.MFAEnabledAt != nil {
		f.EnabledAt = *u.MFAEnabledAt
	}
	if u.MFADisabledAt != nil {
		f.DisabledAt = *u.MFADisabledAt
	}
	for _, p := range u.PhoneNumbers {
		f.Reserved = append(f.Reserved, p.ReservedForSecondFactor || p.DefaultSecondFactor)
	}
	return f
}

func TestSecondFactorsAreRemoved(t *testing.T) {
	enabled, disabled := noon.UnixMilli(), noon.Add(time.Hour).UnixMilli()
	for name, test := range map[string]struct {
		paths []string
		phone bool
		want  factors
	}{
		"TOTP":            {[]string{"totp"}, false, factors{BackupCode: true, EnabledAt: enabled, DisabledAt: disabled}},
		"TOTPBesidePhone": {[]string{"totp"}, true, factors{TwoFactor: true, BackupCode: true, EnabledAt: enabled, Reserved: []bool{true}}},
		"BackupCodes":     {[]string{"backup_code"}, false, factors{TwoFactor: true, TOTP: true, EnabledAt: enabled}},
		"BothByOne":       {[]string{"backup_code", "totp"}, false, factors{EnabledAt: enabled, DisabledAt: disabled}},
		"All":             {[]string{"mfa"}, false, factors{EnabledAt: enabled, DisabledAt: disabled}},
		"AllWithPhone":    {[]string{"mfa"}, true, factors{EnabledAt: enabled, DisabledAt: disabled, Reserved: []bool{false}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			u := c.create(m{"username": "somebody", "totp_secret": rfcSecret, "backup_codes": []string{"backup-1"}})
			if test.phone {
				c.send("POST", "/phone_numbers", m{
					"user_id": u.ID, "phone_number": "+15555550100", "verified": true, "reserved_for_second_factor": true,
				}).ok()
			}
			c.server.Clock().Advance(time.Hour)
			for _, path := range slices.Concat(test.paths, test.paths) {
				c.send("DELETE", "/users/"+u.ID+"/"+path, nil).says(`{"user_id":"` + u.ID + `"}`)
			}
			got := c.send("GET", "/users/"+u.ID, nil).user()
			if diff := cmp.Diff(test.want, factorsOf(got)); diff != "" {
				t.Errorf("second factors (-want +got):\n%s", diff)
			}
			credentials := c.instance.User(u.ID).Credentials
			if (credentials.TOTPSecret != "") != test.want.TOTP || (len(credentials.BackupCodes) > 0) != test.want.BackupCode {
				t.Error("what is kept is not what is shown")
			}
			c.server.Clock().Advance(time.Hour)
			for _, path := range test.paths {
				c.send("DELETE", "/users/"+u.ID+"/"+path, "null").ok()
			}
			if again := c.send("GET", "/users/"+u.ID, nil).user(); again.UpdatedAt != got.UpdatedAt {
				t.Error("removing nothing is a change")
			}
		})
	}
}

func TestSecondFactorsOfNobody(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	for _, path := range []string{"totp", "backup_code", "mfa"} {
		c.send("DELETE", "/users/user_x/"+path, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	u := c.create(m{"username": "somebody", "totp_secret": rfcSecret})
	c.send("DELETE", "/users/"+u.ID+"/totp", nil).ok()
	c.send("POST", "/users/"+u.ID+"/verify_totp", m{"code": "123456"}).refused(http.StatusBadRequest, "totp_disabled")
	got := c.send("PATCH", "/users/"+u.ID, m{"totp_secret": rfcSecret}).user()
	if got.MFADisabledAt == nil || !got.TwoFactorEnabled {
		t.Error("the time of the opposite event is forgotten")
	}
}
