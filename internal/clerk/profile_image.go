// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"regexp"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

const (
	profileImageSuffix = "/profile_image"
	// profileImageParam is the name of the part that holds the image. Clerk names no parameter in what it says about images.
	profileImageParam = "file"
)

// ProfileImage is a picture of a user. Clerk takes JPEG, PNG, GIF and WebP of at most 10 MB.
type ProfileImage struct {
	Unprintable

	// ContentType is the media type, for instance image/png.
	ContentType string
	Content     Secret
}

// SetProfileImage gives a user a picture in place of the one there is. Clerk tells no digest of it, and the same picture once
// more is a change like any other.
func (c *Client) SetProfileImage(ctx context.Context, userID string, image ProfileImage) (*User, error) {
	if image.Content.IsEmpty() {
		return nil, errors.New("the profile image is empty")
	}
	if !imageTypeShape.MatchString(image.ContentType) {
		return nil, fmt.Errorf("%.64q is not the media type of an image", image.ContentType)
	}
	u, err := c.user(ctx, http.MethodPost, userID, profileImageSuffix, &imageParams{image: image})
	return u, aboutTheImage(err)
}

// DeleteProfileImage takes the picture from a user. Where there is none, user and error are nil.
func (c *Client) DeleteProfileImage(ctx context.Context, userID string) (*User, error) {
	u, err := c.user(ctx, http.MethodDelete, userID, profileImageSuffix, nil)
	if noImage(err) {
		return nil, nil
	}
	return u, err
}

// imageTypeShape is what can stand in a header without quoting.
var imageTypeShape = regexp.MustCompile(`^image/[a-z0-9][a-z0-9.+-]*$`)

// aboutTheImage names the parameter in a refusal of what was sent.
func aboutTheImage(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Param != "" {
		return err
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		e.Param = profileImageParam
	}
	return err
}

// imageParams are sent as a form. Pictures are no text, and metadata in them can tell about people: a refusal is not quoted.
type imageParams struct {
	clerksdk.APIParams
	image ProfileImage
}

func (p *imageParams) quiet() {}

// ToMultipart returns the form and its content type. Both are the same for the same image: the boundary is its digest, which
// the image cannot hold.
func (p *imageParams) ToMultipart() ([]byte, string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	digest := sha256.Sum256([]byte(p.image.Content.Reveal()))
	if err := form.SetBoundary(hex.EncodeToString(digest[:])); err != nil {
		return nil, "", err
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(profileImageParam, "profile_image")},
		"Content-Type":        {p.image.ContentType},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := io.WriteString(part, p.image.Content.Reveal()); err != nil {
		return nil, "", err
	}
	if err := form.Close(); err != nil {
		return nil, "", err
	}
	return body.Bytes(), form.FormDataContentType(), nil
}
