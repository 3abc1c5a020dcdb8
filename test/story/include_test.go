// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func includes(what ...v1alpha1.StatusInclude) func(*spec) {
	return func(s *spec) { s.StatusIncludes = what }
}

// memberships are those of so many organizations.
func memberships(count int) []emulator.OrganizationMembership {
	var all []emulator.OrganizationMembership
	for i := range count {
		all = append(all, emulator.OrganizationMembership{
			Role:         "org:admin",
			Organization: emulator.Organization{ID: fmt.Sprintf("org_%027d", i), Name: fmt.Sprintf("Org %d", i), Slug: fmt.Sprintf("org-%d", i)},
		})
	}
	return all
}

const (
	membershipsPath = "/users/*/organization_memberships"
	invitationsPath = "/users/*/organization_invitations"
)

func TestStatusShowsOrganizations(t *testing.T) {
	env := newRunningEnvironment(t)
	before := env.clerk.Seed(emulator.User{
		EmailAddresses:          []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		OrganizationMemberships: memberships(60),
		OrganizationInvitations: []emulator.OrganizationInvitation{{OrganizationID: "org_" + strings.Repeat("9", 27), Status: "revoked"}},
	})
	env.create(env.user("ann", func(s *spec) { s.UserID = ptr.To(before.ID) },
		includes(v1alpha1.IncludeOrganizationMemberships, v1alpha1.IncludeOrganizationInvitations)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	status := env.read("ann").Status
	if len(status.OrganizationMemberships) != v1alpha1.MaxOrganizations || *status.OrganizationMembershipCount != 60 {
		t.Errorf("%d memberships are shown of %d", len(status.OrganizationMemberships), *status.OrganizationMembershipCount)
	}
	sorted := slices.IsSortedFunc(status.OrganizationMemberships, func(a, b v1alpha1.OrganizationMembership) int {
		return strings.Compare(a.OrganizationID, b.OrganizationID)
	})
	if first := status.OrganizationMemberships[0]; !sorted || first.OrganizationName != "Org 0" || first.Role != "org:admin" || first.OrganizationSlug != "org-0" {
		t.Errorf("the memberships are out of order or incomplete: %+v", first)
	}
	if *status.OrganizationInvitationCount != 1 || status.OrganizationInvitations[0].State != "revoked" ||
		status.OrganizationInvitations[0].EmailAddress != "ann@example.com" {
		t.Errorf("the invitation is shown as %+v", status.OrganizationInvitations)
	}
	env.expectNoWritesBetweenFullSyncs()
	env.expectCalls(1, "GET", membershipsPath)

	env.editAtClerk("ann", func(u *emulator.User) { u.OrganizationMemberships = u.OrganizationMemberships[:1] })
	env.restart()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWritesBetweenFullSyncs()
	env.expectCalls(1, "GET", membershipsPath)
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval + time.Minute)
	env.eventually("the memberships to be read again", func() error {
		if now := env.read("ann").Status; *now.OrganizationMembershipCount != 1 || len(now.OrganizationMemberships) != 1 {
			return errNotYet
		}
		return nil
	})

	env.edit("ann", includes())
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if now := env.read("ann").Status; now.OrganizationMembershipCount != nil || now.OrganizationInvitations != nil {
		t.Errorf("status goes on to show what is not asked for: %+v", now)
	}
	env.expectNoWrites()
}

// TestOrganizationsThatAreOffAreNoFailure asks for what Clerk refuses to return, which each full sync logs.
func TestOrganizationsThatAreOffAreNoFailure(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: membershipsPath, Status: 403, Code: "organization_not_enabled_in_instance", Times: -1})
	env.create(env.user("ann", includes(v1alpha1.IncludeOrganizationMemberships)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWritesBetweenFullSyncs()
	env.expectCalls(1, "GET", membershipsPath)
	if env.read("ann").Status.OrganizationMembershipCount != nil {
		t.Error("status counts what Clerk does not return")
	}
}

func TestOrganizationsAreReadWhenClerkAnswersAgain(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: invitationsPath, Status: 503})
	env.create(env.user("ann", includes(v1alpha1.IncludeOrganizationInvitations)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.eventually("the invitations", func() error {
		if count := env.read("ann").Status.OrganizationInvitationCount; count == nil || *count != 0 {
			return errNotYet
		}
		return nil
	})
	env.expectNoWritesBetweenFullSyncs()
	env.expectCalls(2, "GET", invitationsPath)
	env.expectNoWrites()
}

// TestListsAreReadOnceHoweverSmallTheBudget gives the operator so few calls that each list has to wait for its own.
func TestListsAreReadOnceHoweverSmallTheBudget(t *testing.T) {
	env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10)}
		i.Spec.Drift.Interval.Duration = time.Hour
	})
	there := env.clerk.Seed(emulator.User{
		EmailAddresses:          []emulator.EmailAddress{emulator.VerifiedEmail(address("ann"))},
		OrganizationMemberships: memberships(2),
	})
	env.create(env.user("ann", func(s *spec) { s.UserID = &there.ID },
		includes(v1alpha1.IncludeOrganizationMemberships, v1alpha1.IncludeOrganizationInvitations)))
	env.eventually("both lists to be shown", func() error {
		if s := env.read("ann").Status; s.OrganizationMembershipCount == nil || s.OrganizationInvitationCount == nil {
			return errNotYet
		}
		return nil
	})
	env.expectNoWritesBetweenFullSyncs()
	env.expectCalls(1, "GET", membershipsPath)
	env.expectCalls(1, "GET", invitationsPath)
	env.expectNoWrites()
}
