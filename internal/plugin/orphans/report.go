// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package orphans is the command "kubectl clerk orphans": users at Clerk with an owner mark of this cluster that no ClerkUser has.
//
//	pages of users ──> marks ──> ClerkUsers, then pending deletions ──> candidates ──> read again by id ──> orphans
//
// ClerkUsers are read after the users: the object of a creation that runs exists before its user does. Candidates are read again after
// the ClerkUsers: the user of a deletion that runs is gone before its object is.
package orphans

import (
	"cmp"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Report is what the command finds.
type Report struct {
	// InstanceNamespace and InstanceName name the ClerkInstance.
	InstanceNamespace string `json:"instanceNamespace"`
	InstanceName      string `json:"instanceName"`
	ClerkInstanceID   string `json:"clerkInstanceID"`
	// ClusterID is the id in the owner marks of this cluster.
	ClusterID string `json:"clusterID"`
	// Users is the number of users at Clerk that were read.
	Users int `json:"users"`
	// Marked is the number of those with a mark of this cluster.
	Marked int `json:"marked"`
	// Managed is the number of those that a ClerkUser has or names.
	Managed int `json:"managed"`
	// Unfinished is the number of those whose ClerkUser has no user yet, or that are being deleted.
	Unfinished int `json:"unfinished"`
	// NotKnown is the number of those whose namespace the caller may not read.
	NotKnown int `json:"notKnown,omitempty"`
	// Orphans are those without a ClerkUser, by namespace and name of the ClerkUser that they had.
	Orphans []Orphan `json:"orphans"`
	// Banned are like Orphans, but the deletion of their ClerkUsers banned them, as its deletionPolicy said.
	Banned []Orphan `json:"banned"`
	// OtherClusters are the numbers of users with marks of other clusters, most first.
	OtherClusters []ClusterCount `json:"otherClusters"`
	// Unreadable is the number of users with a mark that the operator did not write, or that another version wrote.
	Unreadable int `json:"unreadable"`
}

// ClusterCount is a number of users with marks of a cluster.
type ClusterCount struct {
	ID    string `json:"id"`
	Users int    `json:"users"`
}

// Orphan is a user without a ClerkUser.
type Orphan struct {
	UserID string `json:"userID"`
	// Namespace, Name and UID are those of the ClerkUser in the mark.
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
	Cause     Cause  `json:"cause"`
	// Identifier is what the user signs in with: an address, a name or a number; "" if there is none.
	Identifier string `json:"identifier,omitempty"`
	// Created is when the user was created at Clerk.
	Created metav1.Time `json:"created"`
}

// Cause says why a user is an orphan.
type Cause string

// Causes.
const (
	// NoClerkUser: the ClerkUser does not exist.
	NoClerkUser Cause = "NoClerkUser"
	// NameReused: the ClerkUser does not exist, and another one with its name has another user.
	NameReused Cause = "NameReused"
	// OtherUser: the ClerkUser exists and has another user.
	OtherUser Cause = "OtherUser"
)

// sentence says what a cause means.
func (c Cause) sentence() string {
	switch c {
	case NoClerkUser:
		return "the ClerkUser does not exist"
	case NameReused:
		return "a new ClerkUser of that name has another user"
	case OtherUser:
		return "the ClerkUser has another user now"
	}
	return string(c)
}

func (r *Report) sort() {
	for _, list := range [][]Orphan{r.Orphans, r.Banned} {
		slices.SortFunc(list, func(a, b Orphan) int {
			return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.UserID, b.UserID))
		})
	}
}

// otherClusters returns the numbers, most first.
func otherClusters(numbers map[string]int) []ClusterCount {
	counts := []ClusterCount{}
	for _, id := range slices.Sorted(maps.Keys(numbers)) {
		counts = append(counts, ClusterCount{ID: id, Users: numbers[id]})
	}
	slices.SortStableFunc(counts, func(a, b ClusterCount) int { return cmp.Compare(b.Users, a.Users) })
	return counts
}
