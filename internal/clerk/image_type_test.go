// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"strings"
	"testing"
)

func TestNewProfileImageDetectsTheType(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ head, want string }{
		"PNG":  {"\x89PNG\r\n\x1a\n", "image/png"},
		"JPEG": {"\xff\xd8\xff\xe0", "image/jpeg"},
		"GIF":  {"GIF89a", "image/gif"},
		"WebP": {"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image, err := NewProfileImage([]byte(tc.head))
			if err != nil || image.ContentType != tc.want || image.Content.Reveal() != tc.head {
				t.Errorf("the type is %q: %v", image.ContentType, err)
			}
		})
	}
}

func TestNewProfileImageRefusesWhatClerkWould(t *testing.T) {
	t.Parallel()
	png := []byte("\x89PNG\r\n\x1a\n")
	for name, tc := range map[string]struct {
		content []byte
		problem string
	}{
		"Vector":   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "is not a JPEG, PNG, GIF or WebP"},
		"Base64":   {[]byte("iVBORw0KGgo="), "is not a JPEG, PNG, GIF or WebP"},
		"Bitmap":   {[]byte("BM\x00\x00"), "is not a JPEG, PNG, GIF or WebP"},
		"TooLarge": {append(bytes.Clone(png), make([]byte, 10<<20)...), "10 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := NewProfileImage(tc.content)
			if err == nil || !strings.Contains(err.Error(), tc.problem) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	if _, err := NewProfileImage(append(bytes.Clone(png), make([]byte, 10<<20-len(png))...)); err != nil {
		t.Errorf("10 MB are refused: %v", err)
	}
}
