// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Mark is the owner mark. It names the ClerkUser and the cluster that manage a Clerk user. It is one string in the
// user's private metadata under v1alpha1.OwnerKey, so that no merge can mix two marks.
type Mark struct {
	// Cluster is the id of the cluster, without blanks.
	Cluster string
	// Namespace, Name and UID identify the ClerkUser.
	Namespace, Name, UID string
	// Origin is how the user came under management. Every value except OriginCreated is written as adopted, because less
	// is undone for an adopted user.
	Origin v1alpha1.Origin
	// BannedOnDelete means that the deletion of the ClerkUser banned the user, which a successor may undo.
	BannedOnDelete bool
}

const (
	markVersion    = "v1"
	markCreated    = "created"
	markAdopted    = "adopted"
	bannedOnDelete = "banned-on-delete"
)

// String returns the text in private metadata:
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

// ParseMark parses the result of String. It returns false for anything else, even a mark of another version.
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

// FindMark returns the user's mark; false if there is none. For an unreadable mark it returns the zero Mark and true:
// somebody else manages the user. Only private metadata counts, because people can write the others.
func FindMark(u *clerk.User) (Mark, bool) {
	value := u.PrivateMetadata[v1alpha1.OwnerKey]
	if value == nil {
		return Mark{}, false
	}
	text, _ := value.(string)
	m, _ := ParseMark(text)
	return m, true
}

// Ownership says who manages a Clerk user, from the view of one ClerkUser.
type Ownership int

const (
	// Unmarked means that nobody manages the user.
	Unmarked Ownership = iota
	// Ours means that the user has the mark of this ClerkUser.
	Ours
	// Predecessors means that the user has the mark of another object with the same cluster, namespace and name. This
	// ClerkUser was re-created or restored from a backup.
	Predecessors
	// Anothers means that the user has any other mark, or an unreadable one.
	Anothers
)

// OwnershipOf returns who manages the user, from the view of the ClerkUser that m names.
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
