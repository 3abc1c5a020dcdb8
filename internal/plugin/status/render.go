// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// renderer writes a report as text for people.
type renderer struct {
	colors cli.Colors
	// wide adds the details that few need.
	wide bool
	// most is how many objects that need somebody are shown; 0 is all.
	most int
}

// render writes a report.
func (r renderer) render(out io.Writer, report Report) error {
	var b strings.Builder
	r.operator(&b, report)
	for _, instance := range report.Instances {
		b.WriteString("\n")
		r.instance(&b, report.Time, instance)
	}
	if len(report.Instances) == 0 {
		b.WriteString("\n" + nothingFound(report.Namespace))
	}
	b.WriteString("\n")
	r.needs(&b, report)
	for _, text := range report.NotRead {
		fmt.Fprintf(&b, "\nNot shown: %s\n", cli.Line(text))
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}

// nothingFound says what to do in a namespace without ClerkInstances and ClerkUsers.
func nothingFound(namespace string) string {
	if namespace == "" {
		return "The cluster has no ClerkInstance and no ClerkUser. Create a Secret with the key of your Clerk instance and a ClerkInstance:\n" +
			"  kubectl explain clerkinstance.spec\n"
	}
	return fmt.Sprintf("Namespace %s has no ClerkInstance and no ClerkUser.\n", namespace) +
		"To see those of all namespaces: kubectl clerk status --all-namespaces\n" +
		"To create a ClerkInstance, see: kubectl explain clerkinstance.spec\n"
}

func (r renderer) operator(b *strings.Builder, report Report) {
	o, color := report.Operator, cli.Green
	switch o.State {
	case OperatorNotRunning:
		color = cli.Red
	case OperatorUnknown:
		color = cli.Yellow
	case OperatorRunning:
	}
	fmt.Fprintf(b, "Operator: %s", r.colors.Paint(color, operatorText(o.State)))
	if o.State != OperatorRunning || r.wide || strings.Contains(o.Message, ";") {
		fmt.Fprintf(b, ": %s", cli.Line(o.Message))
	}
	if r.wide && o.Holder != "" {
		fmt.Fprintf(b, " (%s)", cli.Line(o.Holder))
	}
	b.WriteString("\n")
}

func operatorText(s OperatorState) string {
	switch s {
	case OperatorRunning:
		return "running"
	case OperatorNotRunning:
		return "not running"
	case OperatorUnknown:
	}
	return "not known"
}

func (r renderer) instance(b *strings.Builder, now metav1.Time, i Instance) {
	b.WriteString(r.colors.Paint(cli.Bold, title(i)) + "\n")
	table := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	if i.Detail != nil {
		for _, row := range r.detail(now, i) {
			fmt.Fprintf(table, "  %s:\t%s\n", row[0], row[1])
		}
	} else {
		fmt.Fprintf(table, "  Users:\t%s, %d ready\n", shownText(i.Users), i.ReadyUsers)
	}
	for n, count := range i.UsersByReason {
		label := ""
		if n == 0 {
			label = "Users by reason:"
		}
		fmt.Fprintf(table, "  %s\t%d %s\n", label, count.Count, cmp.Or(cli.Line(count.Reason), "(no status yet)"))
	}
	_ = table.Flush() // It writes to memory.
}

func title(i Instance) string {
	name := fmt.Sprintf("ClerkInstance %s/%s", i.Namespace, i.Name)
	switch i.Presence {
	case Absent:
		return name + ": does not exist"
	case NotReadable:
		return name + ": you may not read it"
	case Implied:
		return "ClerkUsers that name no ClerkInstance, in namespaces without one named default"
	case Present:
	}
	return name
}

// detail returns the rows about a ClerkInstance.
func (r renderer) detail(now metav1.Time, i Instance) [][2]string {
	rows := [][2]string{{"Ready", r.ready(now, i.Detail)}}
	if i.Ready != metav1.ConditionTrue && i.Message != "" || r.wide {
		rows = append(rows, [2]string{"Message", cli.Line(i.Message)})
	}
	rows = append(rows,
		[2]string{"Environment", cmp.Or(i.Environment, "not known yet")},
		[2]string{"Clerk instance", cmp.Or(cli.Line(i.ClerkInstanceID), "not known yet")},
		[2]string{"Users", usersText(i)},
		[2]string{"API budget", budgetText(i.Budget)},
		[2]string{"Incremental sync", r.sync(now, i.Sync, i.Sync.Interval, i.Sync.LastIncremental)},
		[2]string{"Full sync", r.sync(now, i.Sync, i.Sync.FullInterval, i.Sync.LastFull)},
		[2]string{"Deletion brake", r.brake(i.Brake)},
	)
	if i.Brake.Release != "" {
		rows = append(rows, [2]string{"Release with", i.Brake.Release})
	}
	if r.wide {
		rows = append(rows,
			[2]string{"Secret", cli.Line(i.SecretName)},
			[2]string{"Cluster id", cli.Line(i.ClusterID)},
			[2]string{"Budget in use", "metrics " + strings.Join(i.Budget.UsedMetrics, ", ")},
			[2]string{"Times of syncs", "metrics " + strings.Join(i.Sync.LastMetrics, ", ")},
		)
	}
	return rows
}

func (r renderer) ready(now metav1.Time, d *Detail) string {
	color := cli.Red
	if d.Ready == metav1.ConditionTrue {
		color = cli.Green
	}
	if d.Reason == "" {
		return r.colors.Paint(cli.Yellow, "Unknown") + ", the operator has not looked at it yet"
	}
	text := fmt.Sprintf("%s, %s", r.colors.Paint(color, string(d.Ready)), cli.Line(d.Reason))
	if d.Since != nil {
		text += " for " + age(now, d.Since.Time)
	}
	if d.OutOfDate {
		text += "; the operator has not looked at the present spec yet"
	}
	return text
}

func usersText(i Instance) string {
	text := fmt.Sprintf("%d managed", i.ManagedUsers)
	if i.UsersAtClerk != nil {
		text += fmt.Sprintf(", %d at Clerk", *i.UsersAtClerk)
	}
	return text + fmt.Sprintf("; %s shown here, %d ready", shownText(i.Users), i.ReadyUsers)
}

func budgetText(b Budget) string {
	if b.RequestsPer10s == 0 {
		return "not known yet"
	}
	if b.UsedPercent != nil {
		return fmt.Sprintf("%d requests in 10s, %d %% in use", b.RequestsPer10s, *b.UsedPercent)
	}
	return fmt.Sprintf("%d requests in 10s; how much is in use is in the metrics only (-o wide names them)", b.RequestsPer10s)
}

// sync says how current the operator's copy of the users is. The time of the last sync is in metrics only.
func (r renderer) sync(now metav1.Time, s Sync, interval metav1.Duration, last *metav1.Time) string {
	text := "every " + shortDuration(interval.Duration)
	if last != nil {
		text += ", the last one " + age(now, last.Time) + " ago"
	}
	since := ""
	if s.Since != nil {
		since = " for " + age(now, s.Since.Time)
	}
	switch s.State {
	case SyncCurrent:
		return text + ", " + r.colors.Paint(cli.Green, "current")
	case SyncStale:
		return text + ", " + r.colors.Paint(cli.Red, "overdue"+since)
	case SyncStopped:
		return text + ", " + r.colors.Paint(cli.Red, "stopped"+since)
	case SyncUnknown:
	}
	return text + ", " + r.colors.Paint(cli.Yellow, "not known")
}

func (r renderer) brake(b Brake) string {
	text := "none"
	if b.MaxCount > 0 {
		text = fmt.Sprintf("%d of %d in %s", b.Counted, b.MaxCount, shortDuration(b.Window.Duration))
	}
	held := fmt.Sprintf("%d held", b.Held)
	if b.Held > 0 {
		held = r.colors.Paint(cli.Red, held)
	}
	text += ", " + held
	if b.Pending > 0 {
		text += fmt.Sprintf(", %d pending", b.Pending)
	}
	return text
}

// needs writes what needs somebody.
func (r renderer) needs(b *strings.Builder, report Report) {
	switch {
	case len(report.NeedsHuman) > 0:
	case len(report.NotRead) > 0:
		b.WriteString("Nothing of what is shown needs a human.\n")
		return
	default:
		b.WriteString("Nothing needs a human.\n")
		return
	}
	shown := mostUrgent(report.NeedsHuman, r.most)
	b.WriteString(r.colors.Paint(cli.Bold, "Needs a human, most urgent first:"))
	if len(shown) < len(report.NeedsHuman) {
		fmt.Fprintf(b, " %d of %d (--all shows all)", len(shown), len(report.NeedsHuman))
	}
	b.WriteString("\n")
	for _, n := range shown {
		color := cli.Yellow
		if n.Urgency >= reasons.Now {
			color = cli.Red
		}
		fmt.Fprintf(b, "  %s: %s", objectText(n), r.colors.Paint(color, cli.Line(n.Reason)))
		if n.Since != nil {
			fmt.Fprintf(b, " for %s", age(report.Time, n.Since.Time))
		}
		fmt.Fprintf(b, "\n    %s\n", cmp.Or(n.Why, "no message"))
		if n.Next != "" {
			fmt.Fprintf(b, "    $ %s\n", n.Next)
		}
	}
}

func objectText(n Need) string {
	if n.Name == "" {
		return n.Kind
	}
	return fmt.Sprintf("%s %s/%s", n.Kind, n.Namespace, n.Name)
}

// mostUrgent returns some of what needs somebody, in the same order; 0 is all. There is one of each reason as far as there is room:
// thousands with one reason must not hide a single one with another.
func mostUrgent(needs []Need, most int) []Need {
	if most == 0 || len(needs) <= most {
		return needs
	}
	var first, others []int
	known := map[string]bool{}
	for i, n := range needs {
		if reason := n.Kind + n.Reason; !known[reason] {
			known[reason] = true
			first = append(first, i)
		} else if len(others) < most {
			others = append(others, i)
		}
	}
	chosen := slices.Concat(first, others)[:most]
	slices.Sort(chosen)
	shown := make([]Need, most)
	for i, at := range chosen {
		shown[i] = needs[at]
	}
	return shown
}

// age returns the time since then, as kubectl prints it.
func age(now metav1.Time, since time.Time) string {
	return duration.HumanDuration(max(0, now.Sub(since)))
}

// shortDuration returns a duration as people write it, such as 1h instead of 1h0m0s.
func shortDuration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func shownText(users int) string {
	if users == 1 {
		return "1 ClerkUser"
	}
	return fmt.Sprintf("%d ClerkUsers", users)
}
