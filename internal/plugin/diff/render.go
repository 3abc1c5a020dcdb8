// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// Text returns a report as text for people: what changes, what is not as declared and what is refused. Unchanged objects are only
// counted.
func (r Report) Text(colors cli.Colors) string {
	var b strings.Builder
	for _, object := range r.Objects {
		if object.Change != Unchanged || len(object.Withheld) > 0 {
			textRenderer{&b, colors}.object(object)
		}
	}
	for _, refused := range r.Refused {
		textRenderer{&b, colors}.refusal(refused)
	}
	textRenderer{&b, colors}.unknown(r.Objects)
	fmt.Fprintf(&b, "%s\n", colors.Paint(cli.Bold, r.Summary.String()))
	return b.String()
}

type textRenderer struct {
	out    *strings.Builder
	colors cli.Colors
}

// object prints one object and an empty line.
func (t textRenderer) object(o Object) {
	fmt.Fprintf(t.out, "%s%s\n", t.colors.Paint(cli.Bold, o.id()+userOf(o)), originOf(o))
	for i, call := range o.Calls {
		number := ""
		if len(o.Calls) > 1 {
			number = fmt.Sprintf("%d. ", i+1)
		}
		t.call(number, call)
	}
	if len(o.Withheld) > 0 {
		t.line(cli.Yellow, "withheld: "+strings.Join(o.Withheld, ", "))
	}
	if o.Ready != nil && (o.Ready.Status != "True" || len(o.Withheld) > 0) {
		color := cli.Red
		if o.Ready.Status == "True" {
			color = cli.Yellow
		}
		t.line(color, "Ready: "+o.Ready.Status+", "+o.Ready.Reason+": "+o.Ready.Message)
	}
	for _, event := range o.Events {
		if isNews(event) {
			t.line("", event.Reason+": "+event.Note)
		}
	}
	t.out.WriteString("\n")
}

// call prints a call and the differences that it makes.
func (t textRenderer) call(number string, c Call) {
	text := number + c.Operation + " " + t.colors.Paint(cli.Faint, printable("("+c.Method+" "+c.Path+")"))
	if c.After != "" {
		text += " after " + c.After
	}
	switch c.Cause {
	case string(audit.CauseDrift):
		text += ", to correct what somebody else changed"
	case string(audit.CauseSource):
		text += ", when the operator reads the Secret or ConfigMap again"
	}
	fmt.Fprintf(t.out, "  %s\n", text)
	for _, field := range c.Fields {
		sign, difference := showField(field)
		fmt.Fprintf(t.out, "    %s\n", t.colors.Paint(signColor(sign), sign+" "+difference))
	}
	if c.Refused != "" {
		t.line(cli.Red, "  Clerk would refuse this: "+c.Refused)
	}
}

func signColor(sign string) cli.Color {
	switch sign {
	case "+":
		return cli.Green
	case "-":
		return cli.Red
	}
	return cli.Yellow
}

// refusal prints what the API server refuses and an empty line.
func (t textRenderer) refusal(r Refusal) {
	fmt.Fprintf(t.out, "%s (%s) is refused\n", t.colors.Paint(cli.Bold, id{schema.GroupKind{Kind: r.Kind}, r.Namespace, r.Name}.String()), printable(r.Source))
	for _, problem := range r.Problems {
		t.line(cli.Red, problem)
	}
	t.out.WriteString("\n")
}

// unknown prints what cannot be foreseen: each sentence once, with the objects that it is about.
func (t textRenderer) unknown(objects []Object) {
	about := map[string][]string{}
	var sentences []string
	for _, object := range objects {
		for _, sentence := range object.Unknown {
			if about[sentence] == nil {
				sentences = append(sentences, sentence)
			}
			about[sentence] = append(about[sentence], object.id())
		}
	}
	for _, sentence := range sentences {
		fmt.Fprintf(t.out, "%s %s (%s)\n", t.colors.Paint(cli.Yellow, "not known:"), printable(sentence), someOf(about[sentence]))
	}
	if len(sentences) > 0 {
		t.out.WriteString("\n")
	}
}

// someOf returns the first names of a list and how many follow.
func someOf(names []string) string {
	const shown = 3
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func (t textRenderer) line(color cli.Color, text string) {
	text = printable(text)
	if color != "" {
		text = t.colors.Paint(color, text)
	}
	fmt.Fprintf(t.out, "  %s\n", text)
}

// isNews reports whether an event says more than the calls.
func isNews(event Event) bool {
	switch event.Reason {
	case v1alpha1.EventAdopted, v1alpha1.EventResumed, v1alpha1.EventReleased, v1alpha1.EventTransferred, v1alpha1.EventRecreated,
		v1alpha1.EventBaselined:
		return true
	}
	return false
}

// userOf names the user of an object, if it has one.
func userOf(o Object) string {
	switch {
	case o.Change == Created:
		return " → new user"
	case isPlanned(o.UserID):
		return ""
	}
	return " → " + printable(o.UserID)
}

// originOf says why an object is in the report, if it is not because it is in the manifests.
func originOf(o Object) string {
	switch {
	case o.Pruned:
		return " (not in the manifests: --prune deletes it)"
	case o.Indirect:
		return " (not in the manifests, but uses them)"
	}
	return ""
}
