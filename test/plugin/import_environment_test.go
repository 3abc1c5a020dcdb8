// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// importing returns the arguments of an import that may send the key to the emulator.
func (env *environment) importing(args ...string) []string {
	return append([]string{"import", "--allowed-api-hosts", env.url, "--requests-per-10s", "10000"}, args...)
}

// imported runs an import, which must succeed, and returns its manifests as kubectl reads them.
func (env *environment) imported(args ...string) []*unstructured.Unstructured {
	env.t.Helper()
	r := env.run(env.importing(args...)...)
	if r.code != 0 {
		env.t.Fatalf("import %v: %s", args, r.errOut)
	}
	return env.manifests(strings.NewReader(r.out))
}

// manifests reads objects as kubectl does.
func (env *environment) manifests(from io.Reader) []*unstructured.Unstructured {
	env.t.Helper()
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(from, 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			env.t.Fatalf("reading the manifests: %v", err)
		}
		if !object.IsList() {
			all = append(all, object)
			continue
		}
		if err := object.EachListItem(func(item runtime.Object) error {
			all = append(all, item.(*unstructured.Unstructured)) //nolint:forcetypeassert // Items of an unstructured list are so.
			return nil
		}); err != nil {
			env.t.Fatal(err)
		}
	}
}

// createAll creates objects as kubectl does, which has unknown fields refused.
func (env *environment) createAll(objects []*unstructured.Unstructured, options ...client.CreateOption) {
	env.t.Helper()
	strict := client.WithFieldValidation(env.client, metav1.FieldValidationStrict)
	for _, object := range objects {
		if err := strict.Create(env.t.Context(), object.DeepCopy(), options...); err != nil {
			env.t.Errorf("applying %s: %v", object.GetName(), err)
		}
	}
}

// writes returns the calls to Clerk that change something, as method and path with stars for ids.
func (env *environment) writes() map[string]int {
	found := map[string]int{}
	for _, call := range env.clerk.Journal() {
		if call.Method == http.MethodGet {
			continue
		}
		parts := strings.Split(call.Path, "/")
		for i, part := range parts {
			if strings.Contains(part, "_") && strings.ContainsAny(part, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				parts[i] = "*"
			}
		}
		found[call.Method+" "+strings.Join(parts, "/")]++
	}
	return found
}

// waitForAll waits until the condition Ready of all ClerkUsers has a reason and a message.
func (env *environment) waitForAll(n int, reason, message string) {
	env.t.Helper()
	env.eventually(fmt.Sprintf("%d ClerkUsers", n), func() error {
		users := &v1alpha1.ClerkUserList{}
		if err := env.client.List(env.t.Context(), users, client.InNamespace(env.namespace)); err != nil {
			return err
		}
		if len(users.Items) != n {
			return fmt.Errorf("there are %d ClerkUsers", len(users.Items))
		}
		for i := range users.Items {
			u, is := &users.Items[i], metav1.Condition{}
			for _, c := range u.Status.Conditions {
				if c.Type == v1alpha1.ConditionReady {
					is = c
				}
			}
			if is.Reason != reason || !strings.Contains(is.Message, message) {
				return fmt.Errorf("%s is %s: %s", u.Name, is.Reason, is.Message)
			}
		}
		return nil
	})
}

func verification(status clerk.IdentifierStatus) *emulator.Verification {
	if status != clerk.Verified {
		return nil
	}
	return &emulator.Verification{Object: "verification_admin", Status: "verified", Strategy: "admin"}
}

// seedUser puts a user into Clerk.
func (env *environment) seedUser(u *clerk.User) *emulator.User {
	at := u.CreatedAt.UnixMilli()
	seeded := emulator.User{
		ID: u.ID, Username: orNull(u.Username), ExternalID: orNull(u.ExternalID), FirstName: orNull(u.FirstName), LastName: orNull(u.LastName),
		Locale: orNull(u.Locale), PublicMetadata: u.PublicMetadata, PrivateMetadata: u.PrivateMetadata, UnsafeMetadata: u.UnsafeMetadata,
		Banned: u.Banned, Locked: u.Locked, LockedUntil: u.LockedUntil, DeleteSelfEnabled: u.DeleteSelfEnabled,
		CreateOrganizationEnabled: u.CreateOrganizationEnabled, BypassClientTrust: u.BypassClientTrust,
		PrimaryEmailAddressID: orNull(u.PrimaryEmailAddressID), PrimaryPhoneNumberID: orNull(u.PrimaryPhoneNumberID), CreatedAt: at, UpdatedAt: at,
	}
	if limit := u.CreateOrganizationsLimit; limit != nil {
		seeded.CreateOrganizationsLimit = new(int(*limit))
	}
	for _, email := range u.EmailAddresses {
		seeded.EmailAddresses = append(seeded.EmailAddresses, emulator.EmailAddress{
			ID: email.ID, EmailAddress: email.Address, Verification: verification(email.Status), Reserved: email.Status == clerk.Reserved,
		})
	}
	for _, phone := range u.PhoneNumbers {
		seeded.PhoneNumbers = append(seeded.PhoneNumbers, emulator.PhoneNumber{
			ID: phone.ID, PhoneNumber: phone.Number, Verification: verification(phone.Status), Reserved: phone.Status == clerk.Reserved,
			ReservedForSecondFactor: phone.ReservedForSecondFactor,
		})
	}
	return env.clerk.Seed(seeded)
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
