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
	// profileImageParam is the name of the part that holds the image. Clerk's errors about images name no parameter.
	profileImageParam = "file"
)

// ProfileImage is a picture of a user. Clerk accepts JPEG, PNG, GIF and WebP of at most 10 MB.
type ProfileImage struct {
	Unprintable

	// ContentType is the media type, for instance image/png.
	ContentType string
	Content     Secret
}

// SetProfileImage replaces the picture of a user. Clerk returns no digest of it, and the same picture again is a change
// like any other.
func (c *Client) SetProfileImage(ctx context.Context, userID string, image ProfileImage) (*User, error) {
	if image.Content.IsEmpty() {
		return nil, errors.New("the profile image is empty")
	}
	if !imageTypeShape.MatchString(image.ContentType) {
		return nil, fmt.Errorf("%.64q is not the media type of an image", image.ContentType)
	}
	u, err := c.user(ctx, endpoint{OperationSetProfileImage, http.MethodPost}, userID, profileImageSuffix, &imageParams{image: image})
	return u, withImageParam(err)
}

// DeleteProfileImage removes the picture of a user. If there is none, user and error are nil.
func (c *Client) DeleteProfileImage(ctx context.Context, userID string) (*User, error) {
	u, err := c.user(ctx, endpoint{OperationDeleteProfileImage, http.MethodDelete}, userID, profileImageSuffix, nil)
	if noImage(err) {
		return nil, nil
	}
	return u, err
}

// imageTypeShape is a media type that a header can hold without quoting.
var imageTypeShape = regexp.MustCompile(`^image/[a-z0-9][a-z0-9.+-]*$`)

// withImageParam adds the name of the parameter to a refusal of an image.
func withImageParam(err error) error {
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

// imageParams are sent as a form. Images are not text, and metadata in them can identify people, so a refusal is not
// quoted.
type imageParams struct {
	clerksdk.APIParams
	image ProfileImage
}

func (p *imageParams) quiet() {}

// ToMultipart returns the form and its content type. Both are the same for the same image: the boundary is the image's
// digest, which the image cannot contain.
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
