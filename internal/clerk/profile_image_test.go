// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func testImage() ProfileImage {
	return ProfileImage{ContentType: "image/webp", Content: NewSecret("RIFF\x00\xff--\r\n\r\npixels and a-name-in-the-metadata")}
}

func TestSetProfileImage(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(http.StatusOK, userBody))
	c := newTestClient(t, clerk.URL)
	for range 2 {
		got, err := c.SetProfileImage(t.Context(), testUserID, testImage())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(answeredUser(), got); diff != "" {
			t.Errorf("answer (-want +got):\n%s", diff)
		}
	}
	sent := clerk.received()
	if sent[0].method != http.MethodPost || sent[0].path != "/v1/users/"+testUserID+"/profile_image" {
		t.Errorf("sent %s %s", sent[0].method, sent[0].path)
	}
	if sent[0].length != int64(len(sent[0].body)) {
		t.Errorf("the form of %d bytes was announced as %d", len(sent[0].body), sent[0].length)
	}
	kind := sent[0].header.Get("Content-Type")
	if sent[1].body != sent[0].body || sent[1].header.Get("Content-Type") != kind {
		t.Error("the same image was sent as two forms")
	}
	checkForm(t, sent[0].body, kind)
}

func checkForm(t *testing.T, body, kind string) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || media != "multipart/form-data" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	form := multipart.NewReader(strings.NewReader(body), params["boundary"])
	part, err := form.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(part)
	if err != nil || !bytes.Equal(content, []byte(testImage().Content.Reveal())) {
		t.Errorf("the form holds %q, %v", content, err)
	}
	if part.FormName() != "file" || part.FileName() == "" || part.Header.Get("Content-Type") != "image/webp" {
		t.Errorf("part %q with file %q of type %q", part.FormName(), part.FileName(), part.Header.Get("Content-Type"))
	}
	if _, err := form.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more in the form: %v", err)
	}
}

func TestProfileImagesThatAreNeverSent(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, "http://127.0.0.1:1", withOneToken)
	for name, image := range map[string]ProfileImage{
		"Empty":      {ContentType: "image/png"},
		"NoType":     {Content: NewSecret("x")},
		"Text":       {ContentType: "text/plain", Content: NewSecret("x")},
		"TwoHeaders": {ContentType: "image/png\r\nX-Evil: 1", Content: NewSecret("x")},
	} {
		if _, err := c.SetProfileImage(t.Context(), testUserID, image); err == nil || AnswerLost(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	expectNoTokenUsed(t, c)
}

func TestRefusedProfileImages(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status       int
		code, remedy string
		param        string
	}{
		"TooLarge":       {413, "image_too_large", chooseImage, "file"},
		"Undecodable":    {400, "request_body_invalid", chooseImage, "file"},
		"Unprocessable":  {422, "form_param_value_invalid", changeValue, "file"},
		"KeyNotAllowed":  {403, "authorization_invalid", allowKey, ""},
		"WrongMediaType": {415, "unsupported_content_type", reportBug, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, newStub(t, answering(test.status, errorJSON(test.code, ""))).URL)
			_, err := c.SetProfileImage(t.Context(), testUserID, testImage())
			e, ok := Rejected(err)
			if !ok {
				t.Fatalf("got %v, want a refusal", err)
			}
			if e.Param != test.param || Remedy(e) != test.remedy {
				t.Errorf("about %q: %q, want %q: %q", e.Param, Remedy(e), test.param, test.remedy)
			}
		})
	}
}

// An image is not text that could be searched for, so Clerk's text about it is left out.
func TestNothingOfAnImageIsQuoted(t *testing.T) {
	t.Parallel()
	const leakMarker = "a-name-in-the-metadata"
	echo := `{"errors":[{"code":"a_name_in_the_metadata","message":"` + leakMarker + `","long_message":"bad: ` + leakMarker + `",
		"meta":{"param_names":["` + leakMarker + `","file"]}}]}`
	_, err := newTestClient(t, newStub(t, answering(400, echo)).URL).SetProfileImage(t.Context(), testUserID, testImage())
	if want := "clerk answered 400 (file)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, testImage()); text != notShown {
			t.Errorf("%s prints %q", verb, text)
		}
	}
}

func TestDeletingAProfileImageThatIsNotThere(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, newStub(t, answering(404, errorJSON("image_not_found", ""))).URL)
	if u, err := c.DeleteProfileImage(t.Context(), testUserID); u != nil || err != nil {
		t.Errorf("got %v, %v, want nothing", u, err)
	}
}
