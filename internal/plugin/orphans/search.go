// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"context"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// users reads users at Clerk.
type users interface {
	// Each calls visit with each page of users.
	Each(ctx context.Context, visit func([]*clerk.User)) error
	// ByID returns those of up to clerk.MaxListIDs users that exist.
	ByID(ctx context.Context, ids ...string) ([]*clerk.User, error)
}

// search looks for orphans.
type search struct {
	cluster   client.Reader
	users     users
	instance  *v1alpha1.ClerkInstance
	clusterID string
	// progress shows how many users were read.
	progress func(users int)
}

// run looks for orphans. It also returns the ClerkUsers that have to do with marks.
func (s search) run(ctx context.Context) (Report, *objects, error) {
	seen := newMarks(s.clusterID)
	err := s.users.Each(ctx, func(page []*clerk.User) {
		for _, u := range page {
			seen.add(u)
		}
		s.progress(seen.users)
	})
	if err != nil {
		return Report{}, nil, err
	}
	report := Report{
		InstanceNamespace: s.instance.Namespace, InstanceName: s.instance.Name, ClerkInstanceID: s.instance.Status.InstanceID,
		ClusterID: s.clusterID, Users: seen.users, Marked: len(seen.ours), Unreadable: seen.unreadable,
		OtherClusters: otherClusters(seen.others), Orphans: []Orphan{}, Banned: []Orphan{},
	}
	have, err := s.readCluster(ctx, seen.ours)
	if err != nil {
		return Report{}, nil, err
	}
	err = s.confirm(ctx, candidatesAmong(seen.ours, have, &report), &report)
	report.sort()
	return report, have, err
}

// suspect is a candidate and why it is one.
type suspect struct {
	marked
	cause Cause
}

// candidatesAmong counts users that are no orphans, and returns the others.
func candidatesAmong(ours []marked, have *objects, report *Report) []suspect {
	var candidates []suspect
	for _, m := range ours {
		switch standing, cause := have.standingOf(m); standing {
		case managed:
			report.Managed++
		case unfinished:
			report.Unfinished++
		case notKnown:
			report.NotKnown++
		case candidate:
			candidates = append(candidates, suspect{m, cause})
		}
	}
	return candidates
}

// confirm reads candidates again. One that is gone was deleted meanwhile, and one with another mark was given to another ClerkUser.
func (s search) confirm(ctx context.Context, candidates []suspect, report *Report) error {
	for some := range slices.Chunk(candidates, clerk.MaxListIDs) {
		ids := make([]string, len(some))
		for i := range some {
			ids[i] = some[i].userID
		}
		found, err := s.users.ByID(ctx, ids...)
		if err != nil {
			return fmt.Errorf("reading users again: %w", err)
		}
		now := make(map[string]*clerk.User, len(found))
		for _, u := range found {
			now[u.ID] = u
		}
		for _, one := range some {
			s.decide(one, now[one.userID], report)
		}
	}
	return nil
}

// decide counts a candidate that was read again; nil is one that is gone.
func (s search) decide(one suspect, now *clerk.User, report *Report) {
	if now == nil {
		report.Unfinished++
		return
	}
	if mark, _ := plan.FindMark(now); !unchanged(one.marked, mark) {
		report.Unfinished++
		return
	}
	o := Orphan{
		UserID: one.userID, Namespace: one.mark.Namespace, Name: one.mark.Name, UID: one.mark.UID, Cause: one.cause,
		Identifier: identifierOf(now), Created: metav1.NewTime(now.CreatedAt.UTC()),
	}
	if one.mark.BannedOnDelete {
		report.Banned = append(report.Banned, o)
	} else {
		report.Orphans = append(report.Orphans, o)
	}
}

// identifierOf returns what a person recognises a user by.
func identifierOf(u *clerk.User) string {
	for _, address := range u.EmailAddresses {
		if address.ID == u.PrimaryEmailAddressID {
			return address.Address
		}
	}
	for _, number := range u.PhoneNumbers {
		if u.Username == "" && number.ID == u.PrimaryPhoneNumberID {
			return number.Number
		}
	}
	if u.Username != "" {
		return u.Username
	}
	return u.ExternalID
}

// readCluster reads ClerkUsers and then the pending deletions: a deletion is on record before its ClerkUser is gone.
func (s search) readCluster(ctx context.Context, ours []marked) (*objects, error) {
	have := newObjects(ours)
	err := cli.EachUser(ctx, s.cluster, metav1.NamespaceAll, have.add)
	if apierrors.IsForbidden(err) {
		err = s.readNamespaces(ctx, ours, have)
	}
	if err != nil {
		return nil, err
	}
	return have, s.readPending(ctx, have)
}

// readNamespaces reads the ClerkUsers of those namespaces that marks name and that the caller may read.
func (s search) readNamespaces(ctx context.Context, ours []marked, have *objects) error {
	namespaces := map[string]bool{s.instance.Namespace: true}
	for _, m := range ours {
		namespaces[m.mark.Namespace] = true
	}
	readable := 0
	var forbidden error
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		err := cli.EachUser(ctx, s.cluster, namespace, have.add)
		switch {
		case apierrors.IsForbidden(err):
			have.notReadable[namespace], forbidden = true, err
		case err != nil:
			return err
		default:
			readable++
		}
	}
	if readable == 0 {
		return forbidden
	}
	return nil
}

// readPending reads the pending deletions of all ClerkInstances that the caller may read. The user of a ClerkUser is removed through
// any that leads to the Clerk instance.
func (s search) readPending(ctx context.Context, have *objects) error {
	list := &v1alpha1.ClerkInstanceList{}
	err := s.cluster.List(ctx, list)
	if apierrors.IsForbidden(err) {
		own := &v1alpha1.ClerkInstance{}
		name := client.ObjectKeyFromObject(s.instance)
		if err := s.cluster.Get(ctx, name, own); err != nil {
			return cli.Explain(err, cli.Request{Verb: "get", Resource: "clerkinstances", Namespace: name.Namespace, Name: name.Name})
		}
		list.Items, err = append(list.Items, *own), nil
	}
	if err != nil {
		return cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances"})
	}
	for i := range list.Items {
		have.addInstance(&list.Items[i])
	}
	return nil
}
