// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// maxClusters is how many other clusters are counted by their id. Marks can be forged.
const maxClusters = 1000

// remainingClusters is what stands for the ids of the others.
const remainingClusters = "(all others)"

// marks are the owner marks that users have. Of a user it keeps what its mark says, and of one with the mark of another cluster only
// a number.
type marks struct {
	clusterID         string
	users, unreadable int
	others            map[string]int
	ours              []marked
}

// marked is a user with a mark of this cluster.
type marked struct {
	userID string
	mark   plan.Mark
}

// object names the ClerkUser in the mark.
func (m marked) object() types.NamespacedName {
	return types.NamespacedName{Namespace: m.mark.Namespace, Name: m.mark.Name}
}

func newMarks(clusterID string) *marks { return &marks{clusterID: clusterID, others: map[string]int{}} }

// add notes the mark of a user.
func (m *marks) add(u *clerk.User) {
	m.users++
	mark, found := plan.FindMark(u)
	switch {
	case !found:
	case !readable(mark):
		m.unreadable++
	case mark.Cluster == m.clusterID:
		m.ours = append(m.ours, marked{u.ID, mark})
	default:
		id := mark.Cluster
		if _, known := m.others[id]; !known && len(m.others) >= maxClusters {
			id = remainingClusters
		}
		m.others[id]++
	}
}

// readable reports whether the operator can have written a mark: it names an object that can exist.
func readable(m plan.Mark) bool {
	return len(validation.IsDNS1123Label(m.Namespace)) == 0 && len(validation.IsDNS1123Subdomain(m.Name)) == 0 &&
		len(m.UID) <= maxIDLength && len(m.Cluster) <= maxClusterIDLength
}

// Limits of the status fields that have these values.
const (
	maxIDLength        = 64
	maxClusterIDLength = 253
)
