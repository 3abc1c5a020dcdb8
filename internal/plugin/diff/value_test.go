// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestShowField(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 100)
	tests := map[string]struct {
		field      Field
		sign, text string
	}{
		"Added":          {Field{Name: "firstName", To: "Ada"}, "+", `firstName: "Ada"`},
		"Removed":        {Field{Name: "firstName", From: "Ada"}, "-", `firstName: "Ada"`},
		"Changed":        {Field{Name: "banned", From: false, To: true}, "~", "banned: false → true"},
		"Emptied":        {Field{Name: "firstName", From: "Ada", To: ""}, "~", `firstName: "Ada" → ""`},
		"NoValue":        {Field{Name: "ownerMark"}, "~", "ownerMark"},
		"OwnerMark":      {Field{Name: "ownerMark", ToHidden: true}, "+", "ownerMark"},
		"HiddenAdded":    {Field{Name: "password", ToHidden: true}, "+", "password: (hidden)"},
		"HiddenChanged":  {Field{Name: "password", FromHidden: true, ToHidden: true}, "~", "password: (hidden) → (hidden)"},
		"HiddenReplaced": {Field{Name: "privateMetadata.k", From: "x", ToHidden: true, Source: "Secret s"}, "~", `privateMetadata.k: "x" → (from Secret s)`},
		"Object":         {Field{Name: "m", To: map[string]any{"b": 1, "a": "<&>"}}, "+", `m: {"a":"<&>","b":1}`},
		"Escape":         {Field{Name: "m\x1b[2J", To: "\x1b]0;title\x07\r\n"}, "+", `m\u001b[2J: "\u001b]0;title\u0007\r\n"`},
		"OneByteEscape":  {Field{Name: "m", To: "\u009b31m"}, "+", `m: "\u009b31m"`},
		"RightToLeft":    {Field{Name: "m", To: "a\u202eb"}, "+", `m: "a\u202eb"`},
		"Invisible":      {Field{Name: "m", To: "a\U000e0041b"}, "+", `m: "a\U000e0041b"`},
		"Letters":        {Field{Name: "m", To: "Żółw 🐢"}, "+", `m: "Żółw 🐢"`},
		"Long":           {Field{Name: "m", To: long}, "+", `m: "` + strings.Repeat("a", 78) + "…"},
		"LongUntilTheEnd": {
			Field{Name: "m", From: long + "x", To: long + "y"}, "~", `m: …` + strings.Repeat("a", 20) + `x" → …` + strings.Repeat("a", 20) + `y"`,
		},
		"LongerByTheRest": {Field{Name: "m", From: long, To: long + long}, "~", `m: …` + strings.Repeat("a", 20) + `" → …` + strings.Repeat("a", 79) + "…"},
		"NotJSON":         {Field{Name: "m", To: make(chan int)}, "+", "m: (a value that is not JSON: chan int)"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sign, text := showField(tc.field)
			if sign != tc.sign || text != tc.text {
				t.Errorf("showField() = %q, %q, want %q, %q", sign, text, tc.sign, tc.text)
			}
		})
	}
}

func FuzzShowField(f *testing.F) {
	f.Add("name", "from", "to")
	f.Add("a\x1b", strings.Repeat("é", 200), strings.Repeat("é", 199)+"\x9b")
	f.Fuzz(func(t *testing.T, name, from, to string) {
		_, text := showField(Field{Name: name, From: from, To: to})
		for _, r := range text {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Errorf("%q has the control character %U", text, r)
			}
		}
		if n := utf8.RuneCountInString(text) - 6*utf8.RuneCountInString(name); n > 2*(maxRunes+4) {
			t.Errorf("%q has %d runes", text, n)
		}
	})
}
