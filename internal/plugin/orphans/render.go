// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"fmt"
	"io"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// maxClustersShown is how many other clusters the text names.
const maxClustersShown = 5

// render writes a report as text for people. command returns a command as somebody has to type it.
func render(out io.Writer, r Report, wide bool, command func(string) string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "ClerkInstance %s/%s: %s among %d users at Clerk\n", r.InstanceNamespace, r.InstanceName, number(len(r.Orphans), "orphan"), r.Users)
	if len(r.Orphans) > 0 {
		b.WriteString("\n")
		if err := table(r.Orphans).Print(&b, wide); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
	}
	fmt.Fprintf(&b, "\nMarks of this cluster (id %s): %d\n", cli.Line(r.ClusterID), r.Marked)
	for _, line := range []struct {
		count int
		text  string
	}{
		{r.Managed, "with a ClerkUser"},
		{r.Unfinished, "in creation, change or deletion"},
		{len(r.Banned), "banned by the deletionPolicy of their ClerkUsers (--banned lists them)"},
		{r.NotKnown, "of ClerkUsers in namespaces that you may not read"},
		{len(r.Orphans), "without a ClerkUser: orphans"},
	} {
		if line.count > 0 {
			fmt.Fprintf(&b, "  %d %s\n", line.count, line.text)
		}
	}
	others(&b, r)
	if len(r.Orphans) > 0 {
		next := fmt.Sprintf("kubectl clerk orphans %s/%s --adopt-manifests", r.InstanceNamespace, r.InstanceName)
		fmt.Fprintf(&b, "\nTo print ClerkUsers that bring them back: %s\n", command(next))
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}

// others writes about marks that are not of this cluster.
func others(b *strings.Builder, r Report) {
	total := 0
	for _, c := range r.OtherClusters {
		total += c.Users
	}
	if total > 0 {
		fmt.Fprintf(b, "Marks of other clusters: %d\n", total)
	}
	for i, c := range r.OtherClusters {
		if i == maxClustersShown {
			fmt.Fprintf(b, "  and %s (-o json has all)\n", number(len(r.OtherClusters)-i, "other cluster"))
			break
		}
		fmt.Fprintf(b, "  %d of %s\n", c.Users, cli.Line(c.ID))
	}
	if r.Unreadable > 0 {
		fmt.Fprintf(b, "Marks that this version of the operator did not write: %d\n", r.Unreadable)
	}
}

// wrongCluster says that the cluster id is probably not that of the operator; "" if nothing speaks for that.
func wrongCluster(r Report) string {
	if r.Marked > 0 || len(r.OtherClusters) == 0 {
		return ""
	}
	return fmt.Sprintf("no user has a mark of this cluster (id %s), and %s a mark of cluster %s: if that is the id of your operator, name it with --cluster-id",
		cli.Line(r.ClusterID), has(r.OtherClusters[0].Users), cli.Line(r.OtherClusters[0].ID))
}

func has(n int) string {
	if n == 1 {
		return "1 has"
	}
	return fmt.Sprintf("%d have", n)
}

func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func table(orphans []Orphan) cli.Table {
	t := cli.Table{
		Columns:     []string{"Namespace", "Name", "User ID", "Why"},
		WideColumns: []string{"Identifier", "Created", "UID"},
	}
	for _, o := range orphans {
		t.Rows = append(t.Rows, []string{
			o.Namespace, o.Name, o.UserID, o.Cause.sentence(), cli.Line(o.Identifier), o.Created.Format("2006-01-02T15:04:05Z"), cli.Line(o.UID),
		})
	}
	return t
}
