// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"golang.org/x/image/webp"
)

const (
	// maxImage is the maximum size of an image, in bytes. Clerk says 10 MB, which is assumed to be 10 MiB.
	maxImage = 10 << 20
	// maxUpload is the maximum size of a request body, in bytes: the largest image and the form around it.
	maxUpload = maxImage + 64<<10
	// imagePart is the name of the image in the form.
	imagePart = "file"
)

// ProfileImage describes the image that was uploaded for a user. The image itself is not kept.
type ProfileImage struct {
	// SHA256 is the digest of the uploaded bytes, in lower-case hexadecimal.
	SHA256 string `json:"sha256"`
	// ContentType is the type of the bytes, whatever the upload declared, for example image/png.
	ContentType string `json:"content_type"`
	// Size is the number of bytes.
	Size int `json:"size"`
}

// imageURL returns the URL at which Clerk would serve the image with that name.
func imageURL(name string) string { return "https://img.clerk.com/" + name }

func setProfileImage(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	raw, err := c.upload()
	if err != nil {
		return nil, err
	}
	uploaded, err := identifyImage(raw)
	if err != nil {
		return nil, err
	}
	return c.change(u.ID, func(u *User) error {
		u.HasImage, u.Image = true, uploaded
		u.ImageURL = imageURL(c.instance.server.ids.next("img_", c.now))
		return nil
	})
}

// deleteProfileImage removes the user's image; Clerk then shows a generated avatar.
func deleteProfileImage(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if !u.HasImage {
		return nil, refuse(http.StatusNotFound, "image_not_found", "Image not found", "The user has no profile image.")
	}
	return c.change(u.ID, func(u *User) error {
		u.HasImage, u.Image = false, nil
		u.ImageURL = imageURL(u.ID)
		return nil
	})
}

// upload returns the file in the call's form. A part without a file name is not a file.
func (c *call) upload() ([]byte, error) {
	mediaType, params, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	switch {
	case len(c.body) == 0:
		return nil, imageMissing()
	case mediaType != "multipart/form-data":
		return nil, refuse(http.StatusUnsupportedMediaType, "unsupported_content_type", "Content-Type is not supported",
			"Content-Type must be multipart/form-data.")
	case len(c.body) > maxUpload:
		return nil, imageTooLarge()
	}
	form, err := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).ReadForm(maxUpload)
	if err != nil {
		return nil, invalidImage("The form cannot be read.")
	}
	files := form.File[imagePart]
	if len(files) == 0 {
		return nil, imageMissing()
	}
	if files[0].Size > maxImage {
		return nil, imageTooLarge()
	}
	file, err := files[0].Open()
	if err != nil {
		return nil, invalidImage("The file cannot be read.")
	}
	defer file.Close()
	raw, err := io.ReadAll(file)
	if err != nil {
		return nil, invalidImage("The file cannot be read.")
	}
	return raw, nil
}

// identifyImage detects the type of an upload by its content. It ignores the name, and refuses what cannot be decoded.
func identifyImage(raw []byte) (*ProfileImage, error) {
	decoders := map[string]func(io.Reader) (image.Image, error){
		"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/gif": gif.Decode, "image/webp": webp.Decode,
	}
	contentType := http.DetectContentType(raw)
	decode, accepted := decoders[contentType]
	if !accepted {
		return nil, invalidImage("The file must be a JPEG, PNG, GIF or WEBP image.")
	}
	if _, err := decode(bytes.NewReader(raw)); err != nil {
		return nil, invalidImage("The image cannot be decoded.")
	}
	digest := sha256.Sum256(raw)
	return &ProfileImage{SHA256: hex.EncodeToString(digest[:]), ContentType: contentType, Size: len(raw)}, nil
}

func imageMissing() error {
	return refuse(http.StatusBadRequest, "form_param_missing", "is missing", "file must be included.").about(imagePart)
}

func invalidImage(why string) error {
	return refuse(http.StatusBadRequest, "request_body_invalid", "Request body invalid", why)
}

func imageTooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, "image_too_large", "Image too large", "The image exceeds 10 MB.")
}
