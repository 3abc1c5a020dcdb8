// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

var (
	// passwords and images are what Secrets may hold. Their digests are their places in these lists.
	passwords = []string{leakMarker + "pass-a", leakMarker + "pass-b"}
	images    = []clerk.ProfileImage{{ContentType: "image/png", Content: clerk.NewSecret(leakMarker + "a")}, {ContentType: "image/png", Content: clerk.NewSecret(leakMarker + "b")}}
	digests   = []string{"a", "b"}
	// recorded are what a status may have on record: nothing, a digest, or that none was applied.
	recorded = []string{"", "a", "b", "none"}
)

// inputs is what the spec's Secrets hold, as places in the lists.
type inputs struct{ password, image int }

func (i inputs) of(spec v1alpha1.ClerkUserSpec) plan.Inputs {
	in := plan.Inputs{
		Password: clerk.NewSecret(passwords[i.password]), PasswordDigest: digests[i.password],
		ProfileImage: images[i.image], ProfileImageDigest: digests[i.image],
	}
	for range spec.PrivateMetadataFrom {
		in.PrivateMetadata = append(in.PrivateMetadata, clerk.NewSecret(leakMarker+"secret"))
	}
	return in
}

func drawInputs(t *rapid.T) inputs {
	return inputs{rapid.IntRange(0, 1).Draw(t, "password"), rapid.IntRange(0, 1).Draw(t, "image")}
}

// drawSources declares what comes from Secrets and ConfigMaps.
func drawSources(t *rapid.T, spec *v1alpha1.ClerkUserSpec) {
	if rapid.Bool().Draw(t, "password given") {
		spec.Password = &v1alpha1.Password{
			SkipChecks: maybe(t, "skip checks", bools), SignOutOfOtherSessions: maybe(t, "sign out", bools),
		}
	}
	switch rapid.IntRange(0, 3).Draw(t, "image given") {
	case 1:
		spec.ProfileImage = &v1alpha1.ProfileImage{None: new(true)}
	case 2:
		spec.ProfileImage = &v1alpha1.ProfileImage{SecretKeyRef: &v1alpha1.SecretKeySelector{Name: "s", Key: "k"}}
	}
	if rapid.IntRange(0, 3).Draw(t, "private values given") == 0 {
		spec.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/from~1secret/token"}}
	}
}

// What a user's password and image are is kept in times, where the planner does not look: Clerk never shows either.

func setPassword(u *clerk.User, text clerk.Secret) {
	u.PasswordEnabled = true
	u.PasswordUpdatedAt = time.Unix(u.PasswordUpdatedAt.Unix()+1, int64(slices.Index(passwords, text.Reveal())))
}

func setImage(u *clerk.User, image clerk.ProfileImage) {
	place := slices.IndexFunc(images, func(i clerk.ProfileImage) bool { return i.Content.Equal(image.Content) })
	u.HasImage, u.CreatedAt = true, time.Unix(u.CreatedAt.Unix()+1, int64(place))
}

// secrets requires what was declared of a password and an image. What is on record as applied is believed to be there.
func (c *oracle) secrets() {
	if c.spec.Password != nil {
		believed := c.applied.PasswordDigest == digests[c.inputs.password] && c.start.PasswordEnabled
		c.requiref(c.final.PasswordEnabled, "there is no password")
		c.requiref(believed || c.final.PasswordUpdatedAt.Nanosecond() == c.inputs.password, "the password is not as declared")
	}
	image := c.spec.ProfileImage
	switch {
	case image == nil:
		c.requiref(!c.applied.ProfileImage || !c.final.HasImage, "our image stayed")
	case image.None != nil:
		c.requiref(!c.final.HasImage, "an image stayed")
	default:
		believed := c.applied.ProfileImageDigest == digests[c.inputs.image] && c.start.HasImage
		c.requiref(c.final.HasImage, "there is no image")
		c.requiref(believed || c.final.CreatedAt.Nanosecond() == c.inputs.image, "the image is not as declared")
	}
}
