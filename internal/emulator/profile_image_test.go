// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// onePixelWEBP is an image of one pixel, which no library here can make.
const onePixelWEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="

// picture returns an image in the format.
func picture(t *testing.T, format string) []byte {
	t.Helper()
	pixels := image.NewPaletted(image.Rect(0, 0, 2, 3), palette.Plan9)
	var raw bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&raw, pixels)
	case "jpeg":
		err = jpeg.Encode(&raw, pixels, nil)
	case "gif":
		err = gif.Encode(&raw, pixels, nil)
	case "webp":
		var webp []byte
		webp, err = base64.StdEncoding.DecodeString(onePixelWEBP)
		raw.Write(webp)
	}
	if err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// upload sends an image in a form; an empty name makes it a field and no file.
func (c *client) upload(userID, part, name string, raw []byte) answer {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	writer, err := form.CreateFormField(part)
	if name != "" {
		writer, err = form.CreateFormFile(part, name)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := writer.Write(raw); err != nil {
		c.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.send("POST", "/users/"+userID+"/profile_image", body.String(), func(r *http.Request) {
		r.Header.Set("Content-Type", form.FormDataContentType())
	})
}

func TestProfileImageIsReplacedAndDeleted(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID + "/profile_image"
	c.send("DELETE", path, nil).refused(http.StatusNotFound, "image_not_found")
	seen := map[string]bool{u.ImageURL: true}
	for _, format := range []string{"png", "jpeg", "gif", "webp", "png"} {
		raw := picture(t, format)
		digest := sha256.Sum256(raw)
		got := c.upload(u.ID, "file", "face", raw).user()
		if !got.HasImage || seen[got.ImageURL] || got.UpdatedAt <= u.UpdatedAt {
			t.Errorf("%s: %t %s, updated %d after %d", format, got.HasImage, got.ImageURL, got.UpdatedAt, u.UpdatedAt)
		}
		seen[got.ImageURL], u = true, got
		want := emulator.ProfileImage{SHA256: hex.EncodeToString(digest[:]), ContentType: "image/" + format, Size: len(raw)}
		if stored := c.instance.User(u.ID).Image; stored == nil || *stored != want {
			t.Errorf("stored %+v, want %+v", stored, want)
		}
	}
	if got := c.send("DELETE", path, "null").user(); got.HasImage || seen[got.ImageURL] && got.ImageURL == u.ImageURL {
		t.Errorf("deleted: %t %s", got.HasImage, got.ImageURL)
	}
	if c.instance.User(u.ID).Image != nil {
		t.Error("the image is still there")
	}
	c.send("DELETE", path, nil).refused(http.StatusNotFound, "image_not_found")
}

func TestProfileImageRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID + "/profile_image"
	raw := picture(t, "png")
	ofType := func(contentType string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Content-Type", contentType) }
	}
	c.upload("user_x", "file", "face.png", raw).refused(http.StatusNotFound, "resource_not_found")
	c.send("DELETE", "/users/user_x/profile_image", nil).refused(http.StatusNotFound, "resource_not_found")
	c.upload(u.ID, "image", "face.png", raw).refused(http.StatusBadRequest, "form_param_missing/file")
	c.upload(u.ID, "file", "", raw).refused(http.StatusBadRequest, "form_param_missing/file")
	c.send("POST", path, nil).refused(http.StatusBadRequest, "form_param_missing/file")
	c.send("POST", path, m{"file": "x"}).refused(http.StatusUnsupportedMediaType, "unsupported_content_type")
	c.send("POST", path, "no form", ofType("multipart/form-data; boundary=b")).refused(http.StatusBadRequest, "request_body_invalid")
	c.send("POST", path, "--b--", ofType("multipart/form-data")).refused(http.StatusBadRequest, "request_body_invalid")
	c.upload(u.ID, "file", "face.png", nil).refused(http.StatusBadRequest, "request_body_invalid")
	c.upload(u.ID, "file", "face.png", []byte("%PDF-1.7")).refused(http.StatusBadRequest, "request_body_invalid")
	c.upload(u.ID, "file", "face.bmp", []byte("BM"+strings.Repeat("x", 100))).refused(http.StatusBadRequest, "request_body_invalid")
	c.upload(u.ID, "file", "face.png", raw[:len(raw)-10]).refused(http.StatusBadRequest, "request_body_invalid")
	if got := c.instance.User(u.ID); got.HasImage || got.UpdatedAt != u.UpdatedAt {
		t.Errorf("a refused upload was stored: %+v", got)
	}
}

func TestProfileImageOfMoreThanTenMegabytesIsRefused(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	const limit = 10 << 20
	largest := append(picture(t, "png"), make([]byte, limit)...)[:limit]
	c.upload(u.ID, "file", "face.png", largest).ok()
	if stored := c.instance.User(u.ID).Image; stored.Size != limit {
		t.Errorf("stored %d bytes", stored.Size)
	}
	c.upload(u.ID, "file", "face.png", append(largest, 0)).refused(http.StatusRequestEntityTooLarge, "image_too_large")
	c.upload(u.ID, "file", "face.png", make([]byte, limit+1<<20)).refused(http.StatusRequestEntityTooLarge, "image_too_large")
	for _, e := range c.instance.Journal().Matching("POST", "/users/*/profile_image") {
		if len(e.Body) != 1<<20 {
			t.Errorf("the journal keeps %d bytes of an upload", len(e.Body))
		}
	}
	c.send("PATCH", "/users/"+u.ID, m{"first_name": strings.Repeat("x", 2<<20)}).
		refused(http.StatusRequestEntityTooLarge, "request_body_too_large")
}

func TestProfileImageCountsAgainstTheInstancesLimitOnly(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{UserRateLimit: 1, InstanceRateLimit: 6}})
	u := c.create(m{"username": "somebody"})
	for range 5 {
		c.upload(u.ID, "file", "face.png", picture(t, "png")).ok()
	}
	c.upload(u.ID, "file", "face.png", picture(t, "png")).refused(http.StatusTooManyRequests, "too_many_requests")
}

func TestProfileImageIsReplacedInTheDashboard(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{HasImage: true, Image: &emulator.ProfileImage{SHA256: "a", ContentType: "image/png", Size: 1}})
	edited, err := c.instance.Edit(u.ID, func(u *emulator.User) { u.Image.SHA256, u.ImageURL = "b", "https://img.clerk.com/b" })
	if err != nil || edited.Image.SHA256 != "b" || u.Image.SHA256 != "a" {
		t.Errorf("edited %+v of %+v, %v", edited.Image, u.Image, err)
	}
	if edited, err = c.instance.Edit(u.ID, func(u *emulator.User) { u.HasImage = false }); err != nil || edited.Image != nil {
		t.Errorf("an image that is not there is %+v, %v", edited.Image, err)
	}
}
