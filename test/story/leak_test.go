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

// replaceSecret puts a new value into the Secret of a holder.
func (env *leakEnvironment) replaceSecret(h holder) {
	env.t.Helper()
	value := env.addMarker("the secret of "+h.name, h.make())
	switch h.name {
	case "image":
		value = string(portraitThatSays(env.t, value))
		env.addMarker("the image", value)
	case "codes":
		value += "\n" + env.addMarker("another backup code", h.make()) + "\n"
	}
	env.putSecret(h.name, "value", value)
}

// injectFaults has the calls that match meet each kind of fault once, and the last one of them be refused.
func (env *leakEnvironment) injectFaults(refusal emulator.Fault, calls emulator.Fault) {
	for _, fault := range append(passingFaults(), refusal) {
		fault.Method, fault.Path, fault.BodyContains = calls.Method, calls.Path, calls.BodyContains
		env.clerk.InjectFault(fault)
	}
}

// loseAnswer has the answer to the next call that matches be lost, and the ClerkUser reconciled again.
func (env *leakEnvironment) loseAnswer(name string, calls emulator.Fault) {
	env.t.Helper()
	calls.AfterApplying, calls.Cut = true, true
	env.clerk.InjectFault(calls)
	env.annotate(name, v1alpha1.AnnotationReconcileRequestedAt, random(letters, 8))
}

func TestSecretsOfUsersDoNotLeak(t *testing.T) {
	env := newLeakEnvironment(t)
	env.start()
	all, kinds := holders(t), refusals()
	for i, h := range all {
		env.replaceSecret(h)
		env.injectFaults(kinds[i%len(kinds)], creationOf(h))
		env.create(env.user(h.name, h.declare))
	}
	for _, h := range all {
		env.expectReason(h.name, v1alpha1.ReasonRejectedByClerk)
		env.loseAnswer(h.name, creationOf(h))
	}
	for _, h := range all {
		env.expectReason(h.name, v1alpha1.ReasonInSync)
	}
	kept := slices.DeleteFunc(slices.Clone(all), func(h holder) bool { return h.path == "" })
	for i, h := range kept {
		env.injectFaults(kinds[i%len(kinds)], env.callsThatChange(h))
		env.replaceSecret(h)
	}
	for _, h := range kept {
		env.expectReason(h.name, v1alpha1.ReasonRejectedByClerk)
		env.loseAnswer(h.name, env.callsThatChange(h))
	}
	for _, h := range kept {
		env.expectReason(h.name, v1alpha1.ReasonInSync)
	}
	env.expectNoLeaks()
	env.expectEchoed()
}

// expectEchoed checks that Clerk repeated what it was sent, and that the operator reported the faults.
func (env *leakEnvironment) expectEchoed() {
	env.t.Helper()
	if left := env.clerk.Faults(); len(left) != 0 {
		env.t.Errorf("%d faults did not occur, the first of them %s %s", len(left), left[0].Method, left[0].Path)
	}
	const instead = "[redacted]"
	for place, said := range map[string]string{
		"events": env.listed(&eventsv1.EventList{}), "the logs": env.logs.String(), "status": env.asked.String(),
	} {
		if !strings.Contains(said, instead) {
			env.t.Errorf("in %s nothing shows that Clerk repeated what it was sent", place)
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

// callsThatChange are the calls that send a holder's new secret.
func (env *leakEnvironment) callsThatChange(h holder) emulator.Fault {
	env.t.Helper()
	return emulator.Fault{Method: h.method, Path: strings.Replace(h.path, "*", env.read(h.name).Status.UserID, 1)}
}

// TestSecretsDoNotLeakInOtherWays is about users that are adopted, changed by others, waited for, read after a restart and
// deleted.
func TestSecretsDoNotLeakInOtherWays(t *testing.T) {
	env := newLeakEnvironment(t)
	value := func(name string) string { return env.addMarker(name, random(letters+capitals+digits+marks, 24)) }
	before := verified("ann")
	before.PrivateMetadata = map[string]any{"app": map[string]any{"token": value("what the application keeps")}}
	before.Credentials.Password = value("the password before adoption")
	before = *env.clerk.Seed(before)
	env.start()
	env.putSecret("ann", "password", value("the password that is baselined"))
	env.putSecret("tokens", "billing", value("the token at first"))
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Body: text(t, before)[1:], Times: 2})
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 500, Body: echoInMessages})
	env.create(env.user("ann", withPassword, fromTokens, func(s *spec) {
		s.AdoptionPolicy = ptr.To(v1alpha1.AdoptIfUnmanaged)
		s.DeletionPolicy = ptr.To(v1alpha1.DeletionDelete)
	}))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventBaselined)

	env.editAtClerk("ann", func(u *emulator.User) {
		u.PrivateMetadata["billing"] = map[string]any{"plan": "pro", "token": value("the token that somebody else wrote")}
	})
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	metadata := emulator.Fault{Method: "PATCH", Path: "/users/*/metadata"}
	env.injectFaults(refusals()[0], metadata)
	env.edit("ann", func(s *spec) {
		s.PrivateMetadata = object(`{"billing":{"plan":"pro","notes":[` + inJSON(value("a declared value"), true) + `,` +
			env.addMarker("a declared number", "7"+random(digits, 14)) + `]}}`)
	})
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "[redacted]")
	env.loseAnswer("ann", metadata)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) })
	env.putSecret("tokens", "billing", value("the token that is observed"))
	env.expectReason("ann", v1alpha1.ReasonObserved)

	for _, fault := range passingFaults() {
		fault.Method, fault.Path = "GET", "/users"
		env.clerk.InjectFault(fault)
	}
	env.restart()
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 500, Body: echoInMessages, Times: -1})
	env.putSecret("ann", "password", value("the password that does not arrive"))
	env.edit("ann", func(s *spec) { s.Mode = nil })
	env.eventually("the password to be sent", func() error {
		if env.calls("PATCH", "/users/*") == 0 {
			return errNotYet
		}
		return nil
	})
	env.server.Clock().Advance(time.Minute)
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRetrying), "[redacted]")
	env.clerk.ClearFaults()
	env.expectReason("ann", v1alpha1.ReasonInSync)

	env.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 500, Body: echoInMessages})
	env.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 402, Body: echoInMessages})
	env.delete(env.read("ann"))
	env.expectReason("ann", v1alpha1.ReasonDeletionBlocked)
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.expectGone("ann")
	env.expectNoLeaks()
	env.expectEchoed()
}
