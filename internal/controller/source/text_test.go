// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import "testing"

func TestTextOfEntries(t *testing.T) {
	t.Parallel()
	const secret = "JBSWY3DPEHPK3PXP"
	for name, tc := range map[string]struct {
		read       func(string) string
		text, want string
	}{
		"TrimmedLineBreak":         {Trimmed, "a b\r\n", "a b"},
		"TrimmedByteOrderMark":     {Trimmed, "\ufeff a \n", "a"},
		"TrimmedMarkAfterABreak":   {Trimmed, "\n\ufeffa", "a"},
		"TrimmedNothing":           {Trimmed, " \n", ""},
		"TrimmedMarkInside":        {Trimmed, "a\ufeffb", "a\ufeffb"},
		"Secret":                   {TOTPSecret, secret, secret},
		"SecretInGroups":           {TOTPSecret, "jbsw y3dp ehpk 3pxp\n", secret},
		"SecretWithNoBreakSpaces":  {TOTPSecret, "JBSW\u00a0Y3DP\u202fEHPK\u00a03PXP", secret},
		"SecretWithHyphens":        {TOTPSecret, "jbsw-y3dp-ehpk-3pxp", secret},
		"SecretPadded":             {TOTPSecret, "JBSWY3DPEHPK3PXP====\n", secret},
		"SecretWithByteOrderMark":  {TOTPSecret, "\ufeff" + secret, secret},
		"SecretWithZeroWidthSpace": {TOTPSecret, "JBSWY3DP\u200bEHPK3PXP", secret},
		"NoSecretInAnotherScript":  {TOTPSecret, "\u0131\u017f\uff41b", "\u0131\u017f\uff41B"},
		"PaddingInsideIsNone":      {TOTPSecret, "JB=SW", "JB=SW"},
		"Code":                     {SecondFactorCode, "123456\n", "123456"},
		"CodeInGroups":             {SecondFactorCode, " 123 456", "123456"},
		"CodeWithNoBreakSpace":     {SecondFactorCode, "123\u00a0456", "123456"},
		"CodeInPairs":              {SecondFactorCode, "12 34 56", "123456"},
		"BackupCode":               {SecondFactorCode, "\ufeffalpha 1234\n", "alpha 1234"},
		"SevenDigits":              {SecondFactorCode, "123 4567", "123 4567"},
		"DigitsOfAnotherScript":    {SecondFactorCode, "\u0661 \u0662 \u0663", "\u0661 \u0662 \u0663"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.read(tc.text); got != tc.want {
				t.Errorf("%q is read as %q, want %q", tc.text, got, tc.want)
			}
		})
	}
}
