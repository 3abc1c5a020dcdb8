// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

const (
	// includePage is how many entries are asked for at once, the most that Clerk gives; includePages bounds how often.
	includePage  = 500
	includePages = 10
	// What status has room for, in characters. Where it held more the API server would refuse all of it.
	longestName, longestAddress, longestState = 256, 320, 64
	// includeRetry is the pause after a failure to read what status includes.
	includeRetry = time.Minute
)

// organizationReader is what status includes is read with.
type organizationReader interface {
	OrganizationMemberships(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationMemberships, error)
	OrganizationInvitations(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationInvitations, error)
}

// include reads the lists that spec.statusIncludes asks for: once, and again after every full comparison. It is nobody's
// change, so that it comes last in the budget, and a failure of it is not one of the pass. A list that was read is not read
// again because another one has to wait.
func (p *pass) include(ctx context.Context) error {
	p.dropIncludes()
	if p.observed == nil || !p.bound {
		return nil
	}
	read := inclusion{userID: p.userID, generation: p.user.Generation, compared: p.in.connection.Mirror.ComparedAt()}
	for _, what := range p.user.Spec.StatusIncludes {
		known, due := p.memory.inclusion(p.user.UID, what, read, p.shows(what), p.forced())
		if !due {
			continue
		}
		pages, err := p.readInclude(ctx, what, known.pages)
		if err := p.judgeInclude(ctx, err); err != nil {
			return err
		}
		if p.includeAfter > 0 {
			known.pages = pages
			p.memory.included(p.user.UID, what, known)
			return nil
		}
		p.memory.included(p.user.UID, what, read)
	}
	return nil
}

// judgeInclude decides what an error of reading a list means. One that may pass sets includeAfter.
func (p *pass) judgeInclude(ctx context.Context, err error) error {
	_, rejected := clerk.Rejected(err)
	switch at, waiting := clerk.Waiting(err); {
	case err == nil:
	case waiting:
		p.includeAfter = max(at.Sub(p.now), time.Second)
	case clerk.Unauthorized(err):
		return err
	case rejected:
		log.FromContext(ctx).Info("Clerk refuses to tell what status includes", "reason", reconcile.StableText(err, errNotVisibleYet))
	default:
		log.FromContext(ctx).Info("what status includes cannot be read now", "reason", reconcile.StableText(err, errNotVisibleYet))
		p.includeAfter = includeRetry
	}
	return nil
}

// dropIncludes forgets what is no longer asked for.
func (p *pass) dropIncludes() {
	status := &p.user.Status
	if !p.includes(v1alpha1.IncludeOrganizationMemberships) {
		status.OrganizationMemberships, status.OrganizationMembershipCount = nil, nil
	}
	if !p.includes(v1alpha1.IncludeOrganizationInvitations) {
		status.OrganizationInvitations, status.OrganizationInvitationCount = nil, nil
	}
}

func (p *pass) includes(what v1alpha1.StatusInclude) bool {
	return slices.Contains(p.user.Spec.StatusIncludes, what)
}

// shows reports whether status shows a list, from whenever.
func (p *pass) shows(what v1alpha1.StatusInclude) bool {
	status := &p.user.Status
	if what == v1alpha1.IncludeOrganizationMemberships {
		return status.OrganizationMembershipCount != nil
	}
	return status.OrganizationInvitationCount != nil
}

// readInclude reads a list into status, beginning after the pages that were read before, and returns the pages that it has.
func (p *pass) readInclude(ctx context.Context, what v1alpha1.StatusInclude, pages any) (any, error) {
	var reader organizationReader = p.in.connection.Client.For(ratelimit.Caller{ID: p.uid(), Flow: p.flow(), Level: ratelimit.Background})
	if what == v1alpha1.IncludeOrganizationMemberships {
		return p.readMemberships(ctx, reader, pages)
	}
	return p.readInvitations(ctx, reader, pages)
}

func (p *pass) readMemberships(ctx context.Context, reader organizationReader, pages any) (any, error) {
	have, _ := pages.([]clerk.OrganizationMembership)
	items, total, err := readPages(have, func(offset int) ([]clerk.OrganizationMembership, int, error) {
		page, err := reader.OrganizationMemberships(ctx, p.userID, includePage, offset)
		return page.Items, page.Total, err
	})
	if err == nil {
		p.user.Status.OrganizationMemberships, p.user.Status.OrganizationMembershipCount = showMemberships(items), new(total)
	}
	return items, err
}

func (p *pass) readInvitations(ctx context.Context, reader organizationReader, pages any) (any, error) {
	have, _ := pages.([]clerk.OrganizationInvitation)
	items, total, err := readPages(have, func(offset int) ([]clerk.OrganizationInvitation, int, error) {
		page, err := reader.OrganizationInvitations(ctx, p.userID, includePage, offset)
		return page.Items, page.Total, err
	})
	if err == nil {
		p.user.Status.OrganizationInvitations, p.user.Status.OrganizationInvitationCount = showInvitations(items), new(total)
	}
	return items, err
}

// readPages reads page by page after the entries that it is given, and returns what it has and how many there are in all.
func readPages[T any](have []T, read func(offset int) ([]T, int, error)) ([]T, int64, error) {
	all, total := have, 0
	for range includePages {
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

// showMemberships is what status has room for, in a fixed order.
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

// showInvitations is what status has room for, in a fixed order.
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

// firstByOrganization sorts by organization and then by id, which the place names, and returns as many as status has room for.
// Pages shift while organizations come and go, but status takes no id twice.
func firstByOrganization[T any](items []T, place func(T) string) []T {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(place(a), place(b)) })
	items = slices.CompactFunc(items, func(a, b T) bool { return place(a) == place(b) })
	return items[:min(len(items), v1alpha1.MaxOrganizations)]
}

// clip is the beginning of a text, with at most so many characters.
func clip(text string, longest int) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), longest)])
}
