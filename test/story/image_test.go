// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// portrait is a picture of one colour.
func portrait(t *testing.T, shade uint8) []byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 4, 4))
	for i := range picture.Pix {
		picture.Pix[i] = color.Gray{Y: shade}.Y
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// digestOf is the digest by which the emulator distinguishes images.
func digestOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

func (env *environment) portraits(content []byte) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "portraits"},
		BinaryData: map[string][]byte{"ann.png": content},
	}
}

func fromPortraits(s *spec) {
	s.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: "portraits", Key: "ann.png"}}
}

const imagePath = "/users/*/profile_image"

func TestImageIsUploadedWhenItChanges(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.user("ann", fromPortraits))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonConfigMapNotFound), "spec.profileImage.configMapKeyRef", "ConfigMap portraits does not exist")
	env.create(env.portraits(portrait(t, 1)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if !*env.read("ann").Status.HasImage {
		t.Error("status does not show the image")
	}
	env.restart()
	env.expectNoWrites()
	env.expectCalls(1, "POST", imagePath)

	changed := env.portraits(portrait(t, 2))
	if err := env.client.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	env.eventually("the second image", func() error {
		if env.calls("POST", imagePath) != 2 {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
	env.expectCalls(2, "POST", imagePath)
}

func TestImageThatIsReplacedAtClerkStays(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.portraits(portrait(t, 1)))
	env.create(env.user("ann", fromPortraits))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.ImageURL = "https://img.example.com/by-hand" })
	env.expectNoWrites()
	env.expectCalls(1, "POST", imagePath)

	env.editAtClerk("ann", func(u *emulator.User) { u.HasImage = false })
	env.eventually("the image to be uploaded where there is none", func() error {
		if env.calls("POST", imagePath) != 2 {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
}

func TestImageThatLeavesTheSpecIsRemoved(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.portraits(portrait(t, 1)))
	env.create(env.user("ann", fromPortraits))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.ProfileImage = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(1, "DELETE", imagePath)
	if env.atClerk("ann").HasImage {
		t.Error("the user still has the image")
	}
	env.editAtClerk("ann", func(u *emulator.User) { u.HasImage = true })
	env.expectNoWrites()
	env.expectCalls(1, "DELETE", imagePath)

	env.edit("ann", func(s *spec) { s.ProfileImage = &v1alpha1.ProfileImage{None: ptr.To(true)} })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(2, "DELETE", imagePath)
	env.expectNoWrites()
}

func TestAdoptedUserKeepsItsImage(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.portraits(portrait(t, 1)))
	before := env.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}, HasImage: true,
	})
	env.create(env.user("ann", fromPortraits, func(s *spec) { s.UserID = ptr.To(before.ID) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventBaselined)
	env.edit("ann", func(s *spec) { s.ProfileImage = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectCalls(0, "POST", imagePath)
	env.expectCalls(0, "DELETE", imagePath)
}

func TestWhatIsNoImageIsNotUploaded(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.portraits([]byte("<svg/>")))
	env.create(env.user("ann", fromPortraits))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.profileImage", "JPEG, PNG, GIF or WebP")
	env.expectCalls(0, "POST", "/users")
	fixed := env.portraits(portrait(t, 1))
	if err := env.client.Update(t.Context(), fixed); err != nil {
		t.Fatal(err)
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
