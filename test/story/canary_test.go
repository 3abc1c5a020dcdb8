// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// holder is a ClerkUser with a secret. Its Secret is of the same name and has the secret in entry value.
type holder struct {
	name    string
	declare func(*spec)
	// make makes a value.
	make func() string
	// method and path are those of the call by which a value is sent to a user that exists; "" if that never happens.
	method, path string
}

// holders are the ways of a spec to hold a secret.
func holders(t *testing.T) []holder {
	initially := func(values v1alpha1.InitialValues) func(*spec) { return func(s *spec) { s.Initial = &values } }
	from := func(name string) *v1alpha1.SecretKeySelector { return new(at(name, "value")) }
	return []holder{
		{
			name: "password", method: "PATCH", path: "/users/*",
			declare: func(s *spec) { s.Password = &v1alpha1.Password{SecretKeyRef: *from("password")} },
			make:    func() string { return ` "` + random(marks+foreign, 4) + " " + random(letters+digits+marks, 18) + `\ ` },
		},
		{
			name:    "initial",
			declare: initially(v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: *from("initial")}}),
			make:    func() string { return random(letters+capitals+digits, 20) },
		},
		{
			name: "digest",
			declare: initially(v1alpha1.InitialValues{
				PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: *from("digest"), Hasher: "bcrypt"},
			}),
			make: func() string { return bcryptDigest(t, random(letters, 16)) },
		},
		{
			name: "totp", declare: initially(v1alpha1.InitialValues{TOTPSecretRef: from("totp")}),
			make: func() string { return random(base32, 32) },
		},
		{
			name: "codes", declare: initially(v1alpha1.InitialValues{BackupCodesSecretRef: from("codes")}),
			make: func() string { return random(letters+digits, 16) },
		},
		{
			name: "merged", method: "PATCH", path: "/users/*/metadata",
			declare: func(s *spec) {
				s.PrivateMetadata = object(`{"billing":{"plan":"pro"}}`)
				s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/billing/token", SecretKeyRef: *from("merged")}}
			},
			make: func() string { return random(letters+capitals+digits+marks+foreign, 24) },
		},
		{
			name: "replaced", method: "PUT", path: "/users/*/metadata",
			declare: func(s *spec) {
				s.MetadataPolicy = new(v1alpha1.PolicyReplace)
				s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/token", SecretKeyRef: *from("replaced")}}
			},
			make: func() string { return random(capitals, 24) },
		},
		{
			name: "image", method: "POST", path: imagePath,
			declare: func(s *spec) { s.ProfileImage = &v1alpha1.ProfileImage{SecretKeyRef: from("image")} },
			make:    func() string { return random(letters+capitals+digits, 24) },
		},
	}
}

func bcryptDigest(t *testing.T, password string) string {
	t.Helper()
	digest, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(digest)
}

// portraitThatSays is a picture in whose file a text stands.
func portraitThatSays(t *testing.T, text string) []byte {
	t.Helper()
	// The signature of a PNG and its first chunk come to so many bytes, and the text may follow.
	const head = 33
	picture, chunk := portrait(t, 1), []byte("tEXtComment\x00"+text)
	var out bytes.Buffer
	out.Write(picture[:head])
	out.Write(binary.BigEndian.AppendUint32(nil, uint32(len(chunk)-len("tEXt"))))
	out.Write(chunk)
	out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk)))
	out.Write(picture[head:])
	return out.Bytes()
}

// renews puts a new value into the Secret of a holder.
func (w *canaryWorld) renews(h holder) {
	w.t.Helper()
	value := w.hide("the secret of "+h.name, h.make())
	switch h.name {
	case "image":
		value = string(portraitThatSays(w.t, value))
		w.hide("the image", value)
	case "codes":
		value += "\n" + w.hide("another backup code", h.make()) + "\n"
	}
	w.keep(h.name, "value", value)
}

// meets has the calls that fit meet each kind of trouble once, and the last one of them be refused.
func (w *canaryWorld) meets(refusal emulator.Fault, calls emulator.Fault) {
	for _, fault := range append(passingFaults(), refusal) {
		fault.Method, fault.Path, fault.BodyContains = calls.Method, calls.Path, calls.BodyContains
		w.clerk.InjectFault(fault)
	}
}

// loses has the answer to the next call that fits be lost, and the ClerkUser tried again.
func (w *canaryWorld) loses(name string, calls emulator.Fault) {
	w.t.Helper()
	calls.AfterApplying, calls.Cut = true, true
	w.clerk.InjectFault(calls)
	w.annotate(name, v1alpha1.AnnotationReconcileRequestedAt, random(letters, 8))
}

func TestSecretsOfUsersAreNotTold(t *testing.T) {
	w := newCanaryWorld(t)
	w.start()
	all, kinds := holders(t), refusals()
	for i, h := range all {
		w.renews(h)
		w.meets(kinds[i%len(kinds)], creationOf(h))
		w.create(w.user(h.name, h.declare))
	}
	for _, h := range all {
		w.becomes(h.name, v1alpha1.ReasonRejectedByClerk)
		w.loses(h.name, creationOf(h))
	}
	for _, h := range all {
		w.becomes(h.name, v1alpha1.ReasonInSync)
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(h holder) bool { return h.path == "" })
	for i, h := range kept {
		w.meets(kinds[i%len(kinds)], w.changeOf(h))
		w.renews(h)
	}
	for _, h := range kept {
		w.becomes(h.name, v1alpha1.ReasonRejectedByClerk)
		w.loses(h.name, w.changeOf(h))
	}
	for _, h := range kept {
		w.becomes(h.name, v1alpha1.ReasonInSync)
	}
	w.tellsNothing()
	w.wasEchoed()
}

// wasEchoed checks that Clerk told what it was sent, and that it was noticed.
func (w *canaryWorld) wasEchoed() {
	w.t.Helper()
	if left := w.clerk.Faults(); len(left) != 0 {
		w.t.Errorf("%d kinds of trouble were not met, the first of them %s %s", len(left), left[0].Method, left[0].Path)
	}
	const instead = "[redacted]"
	for place, said := range map[string]string{
		"events": w.listed(&eventsv1.EventList{}), "the logs": w.logs.String(), "status": w.asked.String(),
	} {
		if !strings.Contains(said, instead) {
			w.t.Errorf("in %s nothing shows that Clerk told what it was sent", place)
		}
	}
}

// creationOf are the calls that create a holder's user, or, since an image cannot be sent with them, that send it.
func creationOf(h holder) emulator.Fault {
	if h.path == imagePath {
		return emulator.Fault{Method: h.method, Path: imagePath}
	}
	return emulator.Fault{Method: "POST", Path: "/users", BodyContains: address(h.name)}
}

// changeOf are the calls that send a holder's new secret.
func (w *canaryWorld) changeOf(h holder) emulator.Fault {
	w.t.Helper()
	return emulator.Fault{Method: h.method, Path: strings.Replace(h.path, "*", w.read(h.name).Status.UserID, 1)}
}

// TestSecretsAreNotToldOnOtherWays is about users that are adopted, changed by others, waited for, read after a restart and
// deleted.
func TestSecretsAreNotToldOnOtherWays(t *testing.T) {
	w := newCanaryWorld(t)
	value := func(name string) string { return w.hide(name, random(letters+capitals+digits+marks, 24)) }
	before := verified("ann")
	before.PrivateMetadata = map[string]any{"app": map[string]any{"token": value("what the application keeps")}}
	before.Credentials.Password = value("the password before adoption")
	before = *w.clerk.Seed(before)
	w.start()
	w.keep("ann", "password", value("the password that is baselined"))
	w.keep("tokens", "billing", value("the token at first"))
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Body: text(t, before)[1:], Times: 2})
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 500, Body: echoInMessages})
	w.create(w.user("ann", withPassword, fromTokens, func(s *spec) {
		s.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged)
		s.DeletionPolicy = ptr.To(v1alpha1.DeletionDelete)
	}))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.tells("ann", v1alpha1.EventBaselined)

	w.edits("ann", func(u *emulator.User) {
		u.PrivateMetadata["billing"] = map[string]any{"plan": "pro", "token": value("the token that somebody else wrote")}
	})
	w.tells("ann", v1alpha1.EventDriftCorrected)
	metadata := emulator.Fault{Method: "PATCH", Path: "/users/*/metadata"}
	w.meets(refusals()[0], metadata)
	w.edit("ann", func(s *spec) {
		s.PrivateMetadata = object(`{"billing":{"plan":"pro","notes":[` + inJSON(value("a declared value"), true) + `,` +
			w.hide("a declared number", "7"+random(digits, 14)) + `]}}`)
	})
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "[redacted]")
	w.loses("ann", metadata)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) })
	w.keep("tokens", "billing", value("the token that is observed"))
	w.becomes("ann", v1alpha1.ReasonObserved)

	for _, fault := range passingFaults() {
		fault.Method, fault.Path = "GET", "/users"
		w.clerk.InjectFault(fault)
	}
	w.restart()
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 500, Body: echoInMessages, Times: -1})
	w.keep("ann", "password", value("the password that does not arrive"))
	w.edit("ann", func(s *spec) { s.Mode = nil })
	w.eventually("the password to be sent", func() error {
		if w.calls("PATCH", "/users/*") == 0 {
			return errNotYet
		}
		return nil
	})
	w.server.Clock().Advance(time.Minute)
	w.says(w.becomes("ann", v1alpha1.ReasonRetrying), "[redacted]")
	w.clerk.ClearFaults()
	w.becomes("ann", v1alpha1.ReasonInSync)

	w.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 500, Body: echoInMessages})
	w.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 402, Body: echoInMessages})
	w.delete(w.read("ann"))
	w.becomes("ann", v1alpha1.ReasonDeletionBlocked)
	w.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	w.vanishes("ann")
	w.tellsNothing()
	w.wasEchoed()
}
