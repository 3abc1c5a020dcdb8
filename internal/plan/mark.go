// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Mark is the owner mark: which ClerkUser of which cluster manages a Clerk user. It is kept as one string in the user's
// private metadata under v1alpha1.OwnerKey, so that no merge can mix two marks.
type Mark struct {
	// Cluster is the id of the cluster; it holds no blank.
	Cluster string
	// Namespace, Name and UID are those of the ClerkUser.
	Namespace, Name, UID string
	// Origin says how the ClerkUser came by the user. Anything but OriginCreated is written as adopted, since less is
	// undone to an adopted user.
	Origin v1alpha1.Origin
	// BannedOnDelete says that the deletion of the ClerkUser banned the user, which a successor may undo.
	BannedOnDelete bool
}

const (
	markVersion    = "v1"
	markCreated    = "created"
	markAdopted    = "adopted"
	bannedOnDelete = "banned-on-delete"
)

// String is the text that stands in private metadata:
// "v1 <cluster> <namespace>/<name> <uid> created|adopted[ banned-on-delete]".
func (m Mark) String() string {
	words := []string{markVersion, m.Cluster, m.Namespace + "/" + m.Name, m.UID, markAdopted}
	if m.Origin == v1alpha1.OriginCreated {
		words[4] = markCreated
	}
	if m.BannedOnDelete {
		words = append(words, bannedOnDelete)
	}
	return strings.Join(words, " ")
}

// ParseMark reads what String wrote. It is false for anything else, a mark of another version included.
func ParseMark(text string) (Mark, bool) {
	text, banned := strings.CutSuffix(text, " "+bannedOnDelete)
	words := strings.Split(text, " ")
	if len(words) != 5 || words[0] != markVersion || words[1] == "" || words[3] == "" {
		return Mark{}, false
	}
	namespace, name, _ := strings.Cut(words[2], "/")
	if namespace == "" || name == "" || strings.Contains(name, "/") {
		return Mark{}, false
	}
	m := Mark{Cluster: words[1], Namespace: namespace, Name: name, UID: words[3], BannedOnDelete: banned}
	switch words[4] {
	case markCreated:
		m.Origin = v1alpha1.OriginCreated
	case markAdopted:
		m.Origin = v1alpha1.OriginAdopted
	default:
		return Mark{}, false
	}
	return m, true
}

// FindMark is the mark that a user carries; false if it carries none. A mark that cannot be read is the zero Mark and
// true: somebody manages the user, and it is not us. Only private metadata counts, since people can write the others.
func FindMark(u *clerk.User) (Mark, bool) {
	value := u.PrivateMetadata[v1alpha1.OwnerKey]
	if value == nil {
		return Mark{}, false
	}
	text, _ := value.(string)
	m, _ := ParseMark(text)
	return m, true
}

// Ownership says whose a Clerk user is, as seen from one ClerkUser.
type Ownership int

const (
	// Unmarked users are managed by nobody.
	Unmarked Ownership = iota
	// Ours carries the mark of this very ClerkUser.
	Ours
	// Predecessors carries the mark of a ClerkUser of the same cluster, namespace and name that was another object:
	// this one was re-created or restored from a backup.
	Predecessors
	// Anothers carries any other mark, or one that cannot be read.
	Anothers
)

// OwnershipOf says whose the user is as seen from the ClerkUser that m names.
func (m Mark) OwnershipOf(u *clerk.User) Ownership {
	found, ok := FindMark(u)
	switch {
	case !ok:
		return Unmarked
	case found.UID != "" && found.UID == m.UID && found.Cluster == m.Cluster:
		return Ours
	case found.Name != "" && found.Cluster == m.Cluster && found.Namespace == m.Namespace && found.Name == m.Name:
		return Predecessors
	default:
		return Anothers
	}
}
