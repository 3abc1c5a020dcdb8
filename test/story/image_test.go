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

// digestOf is the digest by which the emulator tells images apart.
func digestOf(content []byte) string { return fmt.Sprintf("%x", sha256.Sum256(content)) }

func (w *world) portraits(content []byte) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "portraits"},
		BinaryData: map[string][]byte{"ann.png": content},
	}
}

func fromPortraits(s *spec) {
	s.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: "portraits", Key: "ann.png"}}
}

const imagePath = "/users/*/profile_image"

func TestImageIsUploadedWhenItChanges(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.user("ann", fromPortraits))
	w.says(w.becomes("ann", v1alpha1.ReasonConfigMapNotFound), "spec.profileImage.configMapKeyRef", "ConfigMap portraits does not exist")
	w.create(w.portraits(portrait(t, 1)))
	w.becomes("ann", v1alpha1.ReasonInSync)
	if !*w.read("ann").Status.HasImage {
		t.Error("status does not show the image")
	}
	w.restart()
	w.rests()
	w.wantCalls(1, "POST", imagePath)

	changed := w.portraits(portrait(t, 2))
	if err := w.client.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	w.eventually("the second image", func() error {
		if w.calls("POST", imagePath) != 2 {
			return errNotYet
		}
		return nil
	})
	w.rests()
	w.wantCalls(2, "POST", imagePath)
}

func TestImageThatIsReplacedAtClerkStays(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.portraits(portrait(t, 1)))
	w.create(w.user("ann", fromPortraits))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.ImageURL = "https://img.example.com/by-hand" })
	w.rests()
	w.wantCalls(1, "POST", imagePath)

	w.edits("ann", func(u *emulator.User) { u.HasImage = false })
	w.eventually("the image to be uploaded where there is none", func() error {
		if w.calls("POST", imagePath) != 2 {
			return errNotYet
		}
		return nil
	})
	w.rests()
}

func TestImageThatLeavesTheSpecIsRemoved(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.portraits(portrait(t, 1)))
	w.create(w.user("ann", fromPortraits))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { s.ProfileImage = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(1, "DELETE", imagePath)
	if w.atClerk("ann").HasImage {
		t.Error("the user still has the image")
	}
	w.edits("ann", func(u *emulator.User) { u.HasImage = true })
	w.rests()
	w.wantCalls(1, "DELETE", imagePath)

	w.edit("ann", func(s *spec) { s.ProfileImage = &v1alpha1.ProfileImage{None: ptr.To(true)} })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(2, "DELETE", imagePath)
	w.rests()
}

func TestAdoptedUserKeepsItsImage(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.portraits(portrait(t, 1)))
	before := w.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}, HasImage: true,
	})
	w.create(w.user("ann", fromPortraits, func(s *spec) { s.UserID = ptr.To(before.ID) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.tells("ann", v1alpha1.EventBaselined)
	w.edit("ann", func(s *spec) { s.ProfileImage = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	w.wantCalls(0, "POST", imagePath)
	w.wantCalls(0, "DELETE", imagePath)
}

func TestWhatIsNoImageIsNotUploaded(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.portraits([]byte("<svg/>")))
	w.create(w.user("ann", fromPortraits))
	w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.profileImage", "JPEG, PNG, GIF or WebP")
	w.wantCalls(0, "POST", "/users")
	fixed := w.portraits(portrait(t, 1))
	if err := w.client.Update(t.Context(), fixed); err != nil {
		t.Fatal(err)
	}
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}
