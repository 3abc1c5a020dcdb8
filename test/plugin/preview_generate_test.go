// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	previewSecret    = "values"
	previewConfigMap = "images"
)

// previewSources are what random specs take values from. There are two of each value, so that a change can be drawn.
func previewSources(namespace string) (*corev1.Secret, *corev1.ConfigMap) {
	return &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: previewSecret},
			Data: map[string][]byte{
				"password-a": []byte("correct-horse-a"), "password-b": []byte("correct-horse-b"),
				"token-a": []byte("made-up-a"), "token-b": []byte("made-up-b"), "totp": []byte("JBSWY3DPEHPK3PXP"),
				"image-a": picture(color.White),
			},
		}, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: previewConfigMap},
			BinaryData: map[string][]byte{"image-b": picture(color.Black)},
		}
}

// picture is a picture of one colour.
func picture(of color.Color) []byte {
	canvas := image.NewRGBA(image.Rect(0, 0, 1, 1))
	canvas.Set(0, 0, of)
	var text bytes.Buffer
	if err := png.Encode(&text, canvas); err != nil {
		panic(err)
	}
	return text.Bytes()
}

// draws draws what one person may be declared as. Its identifiers belong to nobody else, because a conflict between two objects is
// decided by which comes first, which nobody can foresee. Passwords that Clerk knows from breaches, features that an instance lacks
// and other settings of an instance are not drawn either: the API does not show them.
type draws struct {
	*rand.Rand
	person int
}

func (d draws) yes(percent int) bool { return d.IntN(100) < percent }

func oneOf[T any](d draws, from ...T) T { return from[d.IntN(len(from))] }

func maybeOne[T any](d draws, percent int, from ...T) *T {
	if !d.yes(percent) {
		return nil
	}
	return new(oneOf(d, from...))
}

func (d draws) address(letter string) string {
	return fmt.Sprintf("%s%d@example.com", letter, d.person)
}
func (d draws) number(digit int) string { return fmt.Sprintf("+1555%d%06d", digit, d.person) }

// spec draws a spec without initial values.
func (d draws) spec() v1alpha1.ClerkUserSpec {
	policies := []v1alpha1.MergePolicy{v1alpha1.PolicyMerge, v1alpha1.PolicyReplace}
	spec := v1alpha1.ClerkUserSpec{
		Username:                  maybeOne(d, 50, fmt.Sprintf("person-%d", d.person), fmt.Sprintf("Person-%d-b", d.person)),
		ExternalID:                maybeOne(d, 40, fmt.Sprintf("ext-%d", d.person), fmt.Sprintf("ext-%d-b", d.person)),
		EmailAddresses:            d.emails(),
		PhoneNumbers:              d.phones(),
		IdentifiersPolicy:         maybeOne(d, 50, policies...),
		FirstName:                 maybeOne(d, 50, "Ann", "Bob", ""),
		LastName:                  maybeOne(d, 40, "Ardent", "Bright", ""),
		Locale:                    maybeOne(d, 30, "en-US", "de", ""),
		PublicMetadata:            d.metadata(60),
		PrivateMetadata:           d.metadata(40),
		UnsafeMetadata:            d.metadata(30),
		MetadataPolicy:            maybeOne(d, 40, policies...),
		Banned:                    maybeOne(d, 40, true, false),
		Locked:                    maybeOne(d, 40, true, false),
		DeleteSelfEnabled:         maybeOne(d, 40, true, false),
		CreateOrganizationEnabled: maybeOne(d, 40, true, false),
		CreateOrganizationsLimit:  maybeOne(d, 30, int64(0), int64(5)),
		BypassClientTrust:         maybeOne(d, 30, true, false),
	}
	d.sources(&spec)
	return spec
}

// emails has at least one address, so that the person can sign in.
func (d draws) emails() []v1alpha1.EmailAddress {
	letters := []string{"a", "b", "c"}
	d.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
	var list []v1alpha1.EmailAddress
	for _, letter := range letters[:1+d.IntN(3)] {
		address := d.address(letter)
		if d.yes(20) {
			address = strings.ToUpper(address)
		}
		list = append(list, v1alpha1.EmailAddress{Address: address, Status: maybeOne(d, 40, v1alpha1.IdentifierVerified, v1alpha1.IdentifierReserved)})
	}
	if d.yes(50) {
		at := d.IntN(len(list))
		list[at].Primary, list[at].Status = new(true), new(v1alpha1.IdentifierVerified)
	}
	return list
}

func (d draws) phones() []v1alpha1.PhoneNumber {
	if d.yes(50) {
		return nil
	}
	list := []v1alpha1.PhoneNumber{}
	for digit := range d.IntN(3) {
		phone := v1alpha1.PhoneNumber{Number: d.number(digit), Status: maybeOne(d, 40, v1alpha1.IdentifierVerified, v1alpha1.IdentifierReserved)}
		if phone.Status == nil || *phone.Status == v1alpha1.IdentifierVerified {
			phone.ReservedForSecondFactor = maybeOne(d, 40, true, false)
		}
		list = append(list, phone)
	}
	if len(list) > 0 && d.yes(40) {
		list[0].Primary, list[0].Status = new(true), new(v1alpha1.IdentifierVerified)
	}
	return list
}

func (d draws) metadata(percent int) *runtime.RawExtension {
	if !d.yes(percent) {
		return nil
	}
	text, err := json.Marshal(d.object(3))
	if err != nil {
		panic(err)
	}
	return &runtime.RawExtension{Raw: text}
}

func (d draws) object(depth int) map[string]any {
	object := map[string]any{}
	for _, key := range []string{"role", "plan", "a.b/c"} {
		if !d.yes(50) {
			continue
		}
		switch kind := d.IntN(5); {
		case kind < 2 && depth > 1:
			object[key] = d.object(depth - 1)
		case kind == 2:
			object[key] = []any{"x", d.IntN(2)}
		case kind == 3:
			object[key] = d.IntN(3)
		default:
			object[key] = oneOf(d, "admin", "<reader>", "")
		}
	}
	return object
}

// sources declares what comes from Secrets and ConfigMaps.
func (d draws) sources(spec *v1alpha1.ClerkUserSpec) {
	from := func(key string) v1alpha1.SecretKeySelector {
		return v1alpha1.SecretKeySelector{Name: previewSecret, Key: key}
	}
	if d.yes(40) {
		spec.Password = &v1alpha1.Password{
			SecretKeyRef: from(oneOf(d, "password-a", "password-b")), SkipChecks: maybeOne(d, 30, true, false),
			SignOutOfOtherSessions: maybeOne(d, 30, true, false),
		}
	}
	switch d.IntN(6) {
	case 0:
		spec.ProfileImage = &v1alpha1.ProfileImage{None: new(true)}
	case 1:
		spec.ProfileImage = &v1alpha1.ProfileImage{SecretKeyRef: new(from("image-a"))}
	case 2:
		spec.ProfileImage = &v1alpha1.ProfileImage{ConfigMapKeyRef: &v1alpha1.ConfigMapKeySelector{Name: previewConfigMap, Key: "image-b"}}
	}
	if d.yes(30) {
		spec.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/from~1secret/token", SecretKeyRef: from(oneOf(d, "token-a", "token-b"))}}
	}
}

// initial declares what only the creating call uses.
func (d draws) initial(spec *v1alpha1.ClerkUserSpec) {
	spec.Initial = &v1alpha1.InitialValues{SkipLegalChecks: maybeOne(d, 50, true, false)}
	if d.yes(50) {
		spec.Initial.Web3Wallets = []string{fmt.Sprintf("0x%040X", d.person)}
	}
	if d.yes(50) {
		spec.Initial.TOTPSecretRef = &v1alpha1.SecretKeySelector{Name: previewSecret, Key: "totp"}
	}
}

// user draws a user that somebody created at Clerk.
func (d draws) user() emulator.User {
	u := emulator.User{
		FirstName: maybeOne(d, 50, "Ann", "Carl"), Locale: maybeOne(d, 30, "en-US", "fr"), Username: maybeOne(d, 30, fmt.Sprintf("person-%d", d.person)),
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(d.address("a"))},
		PublicMetadata: d.object(2), PrivateMetadata: d.object(2), UnsafeMetadata: d.object(2),
		Banned: d.yes(30), DeleteSelfEnabled: d.yes(50), CreateOrganizationEnabled: true, HasImage: d.yes(30), PasswordEnabled: d.yes(40),
	}
	if d.yes(40) {
		u.EmailAddresses = append(u.EmailAddresses, oneOf(d, emulator.VerifiedEmail, emulator.ReservedEmail, emulator.UnverifiedEmail)(d.address("z")))
	}
	if d.yes(30) {
		u.PhoneNumbers = append(u.PhoneNumbers, oneOf(d, emulator.VerifiedPhone, emulator.UnverifiedPhone)(d.number(0)))
	}
	return u
}

// edit draws a change that somebody else makes at Clerk.
func (d draws) edit(u *emulator.User) {
	for range d.IntN(3) {
		switch d.IntN(8) {
		case 0:
			u.FirstName = ptr.To(oneOf(d, "Dora", "Ann"))
		case 1:
			u.Banned = !u.Banned
		case 2:
			u.Locked = !u.Locked
		case 3:
			u.PublicMetadata = d.object(2)
		case 4:
			u.PrivateMetadata["app"] = d.object(2)
		case 5:
			u.PasswordEnabled, u.HasImage = false, false
		case 6:
			u.EmailAddresses = append(u.EmailAddresses, emulator.VerifiedEmail(d.address("y")))
		case 7:
			u.ExternalID = nil
		}
	}
}
