// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

const (
	// extraPage is the number of entries in a request, the most that Clerk allows. extraPages limits the number of requests.
	extraPage  = 500
	extraPages = 10
	// These are the maximum lengths in status, in characters. The API server would refuse a status with longer values.
	longestName, longestAddress, longestState = 256, 320, 64
	// extraRetry is the delay after a failed read.
	extraRetry = time.Minute
)

// readExtras reads the lists that spec.statusIncludes names: once, and again after every full sync. Its calls have the lowest
// priority, and its failure does not fail the reconciliation. A list is not read again because another one has to wait.
type readExtras struct {
	*reconciliation
	calls connection.OrganizationReader
}

// run reads the lists that are due.
func (e readExtras) run(ctx context.Context) error {
	e.dropExtras()
	if e.observed == nil || !e.owned {
		return nil
	}
	read := extra{userID: e.userID, generation: e.user.Generation, compared: e.mirror.LastFullSync()}
	for _, what := range e.user.Spec.StatusIncludes {
		known, due := e.state.extraDue(what, read, e.isShown(what), e.reconcileRequested())
		if !due {
			continue
		}
		pages, err := e.read(ctx, what, known.pages)
		if err := e.readFailed(ctx, err); err != nil {
			return err
		}
		if e.extrasAfter > 0 {
			known.pages = pages
			e.state.keepExtra(what, known)
			return nil
		}
		e.state.keepExtra(what, read)
	}
	return nil
}

// readFailed handles an error of reading a list. A temporary error sets extrasAfter.
func (e readExtras) readFailed(ctx context.Context, err error) error {
	_, rejected := clerk.Rejected(err)
	switch at, waiting := clerk.Waiting(err); {
	case err == nil:
	case waiting:
		e.extrasAfter = max(at.Sub(e.now), time.Second)
	case clerk.Unauthorized(err):
		return err
	case rejected:
		e.logRepeated(ctx, "Clerk refuses to list what spec.statusIncludes names", "ClerkInstance "+instanceName(e.instance).String(), err)
	default:
		e.logRepeated(ctx, "the operator cannot read now what spec.statusIncludes names", "ClerkInstance "+instanceName(e.instance).String(), err)
		e.extrasAfter = extraRetry
	}
	return nil
}

// dropExtras removes lists that spec.statusIncludes no longer names.
func (r *reconciliation) dropExtras() {
	status := &r.user.Status
	if !r.includes(v1alpha1.IncludeOrganizationMemberships) {
		status.OrganizationMemberships, status.OrganizationMembershipCount = nil, nil
	}
	if !r.includes(v1alpha1.IncludeOrganizationInvitations) {
		status.OrganizationInvitations, status.OrganizationInvitationCount = nil, nil
	}
}

func (r *reconciliation) includes(what v1alpha1.StatusInclude) bool {
	return slices.Contains(r.user.Spec.StatusIncludes, what)
}

// isShown reports whether status has a list, however old.
func (r *reconciliation) isShown(what v1alpha1.StatusInclude) bool {
	status := &r.user.Status
	if what == v1alpha1.IncludeOrganizationMemberships {
		return status.OrganizationMembershipCount != nil
	}
	return status.OrganizationInvitationCount != nil
}

// read reads a list into status, starting after the given pages, and returns all pages.
func (e readExtras) read(ctx context.Context, what v1alpha1.StatusInclude, pages any) (any, error) {
	if what == v1alpha1.IncludeOrganizationMemberships {
		return e.readMemberships(ctx, pages)
	}
	return e.readInvitations(ctx, pages)
}

func (e readExtras) readMemberships(ctx context.Context, pages any) (any, error) {
	have, _ := pages.([]clerk.OrganizationMembership)
	items, total, err := readPages(have, func(offset int) ([]clerk.OrganizationMembership, int, error) {
		page, err := e.calls.OrganizationMemberships(ctx, e.userID, extraPage, offset)
		return page.Items, page.Total, err
	})
	if err == nil {
		e.user.Status.OrganizationMemberships, e.user.Status.OrganizationMembershipCount = showMemberships(items), new(total)
	}
	return items, err
}

func (e readExtras) readInvitations(ctx context.Context, pages any) (any, error) {
	have, _ := pages.([]clerk.OrganizationInvitation)
	items, total, err := readPages(have, func(offset int) ([]clerk.OrganizationInvitation, int, error) {
		page, err := e.calls.OrganizationInvitations(ctx, e.userID, extraPage, offset)
		return page.Items, page.Total, err
	})
	if err == nil {
		e.user.Status.OrganizationInvitations, e.user.Status.OrganizationInvitationCount = showInvitations(items), new(total)
	}
	return items, err
}

// readPages reads page by page after the given entries. It returns all entries, and how many there are in total.
func readPages[T any](have []T, read func(offset int) ([]T, int, error)) ([]T, int64, error) {
	all, total := have, 0
	for range extraPages {
		items, count, err := read(len(all))
		if err != nil {
			return all, 0, err
		}
		all, total = append(all, items...), count
		if len(items) == 0 || len(all) >= total {
			break
		}
	}
	return all, int64(max(total, len(all))), nil
}

// showMemberships returns the memberships for status, in a fixed order.
func showMemberships(items []clerk.OrganizationMembership) []v1alpha1.OrganizationMembership {
	var shown []v1alpha1.OrganizationMembership
	for _, item := range firstByOrganization(items, func(m clerk.OrganizationMembership) string { return m.OrganizationID + " " + m.ID }) {
		shown = append(shown, v1alpha1.OrganizationMembership{
			ID:               item.ID,
			OrganizationID:   item.OrganizationID,
			OrganizationSlug: clip(item.OrganizationSlug, longestName),
			OrganizationName: clip(item.OrganizationName, longestName),
			Role:             clip(item.Role, longestName),
		})
	}
	return shown
}

// showInvitations returns the invitations for status, in a fixed order.
func showInvitations(items []clerk.OrganizationInvitation) []v1alpha1.OrganizationInvitation {
	var shown []v1alpha1.OrganizationInvitation
	for _, item := range firstByOrganization(items, func(i clerk.OrganizationInvitation) string { return i.OrganizationID + " " + i.ID }) {
		shown = append(shown, v1alpha1.OrganizationInvitation{
			ID:             item.ID,
			OrganizationID: item.OrganizationID,
			EmailAddress:   clip(item.EmailAddress, longestAddress),
			Role:           clip(item.Role, longestName),
			State:          clip(item.Status, longestState),
		})
	}
	return shown
}

// firstByOrganization sorts by the key that place returns, organization and then id, and returns at most
// v1alpha1.MaxOrganizations entries. Pages shift while organizations change, but status must not have an id twice.
func firstByOrganization[T any](items []T, place func(T) string) []T {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(place(a), place(b)) })
	items = slices.CompactFunc(items, func(a, b T) bool { return place(a) == place(b) })
	return items[:min(len(items), v1alpha1.MaxOrganizations)]
}

// clip truncates a text to a number of characters.
func clip(text string, longest int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), longest)])
}

// extra is the remembered state of one list of statusIncludes.
type extra struct {
	// userID is the user whose list was read.
	userID string
	// generation is the generation of the spec for which the list was last read; 0 is none.
	generation int64
	// compared is when the last full sync before that read began. It is zero if there was no full sync or no read.
	compared time.Time
	// requested is true while a requested reconcile has not read this list yet.
	requested bool
	// pages are the entries read so far of a list whose next page waits for a token; nil is none.
	pages any
}

// extraDue returns the remembered state of a list, and whether the list has to be read. It has to be read if status lacks it
// and this generation has not read it. It is also read for another user, after a full sync, and for a requested reconcile. A
// list from before a restart is used until the next full sync.
func (o *objectState) extraDue(what v1alpha1.StatusInclude, now extra, shown, requested bool) (known extra, due bool) {
	known = o.extras[what]
	if known.userID != "" && known.userID != now.userID {
		return extra{userID: now.userID}, true
	}
	if (shown || known.generation == now.generation) && known.compared.IsZero() {
		// The list was read before the first full sync of this process, also if Clerk refused it.
		known.generation, known.compared = now.generation, now.compared
	}
	known.userID, known.requested = now.userID, known.requested || requested
	o.keepExtra(what, known)
	return known, known.requested || known.generation != now.generation && !shown || now.compared.After(known.compared)
}

// keepExtra stores the state of a list.
func (o *objectState) keepExtra(what v1alpha1.StatusInclude, known extra) {
	if o.extras == nil {
		o.extras = map[v1alpha1.StatusInclude]extra{}
	}
	o.extras[what] = known
}
