// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	"maps"
	"regexp"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placeholder stands for a text in a template.
const placeholder = `‹([^›]+)›|…`

// Subject is an object that has a condition.
type Subject struct {
	// Kind, Namespace and Name are those of the object.
	Kind, Namespace, Name string
	// InstanceNamespace and InstanceName name the ClerkInstance that the object uses; "" if it is not known.
	InstanceNamespace, InstanceName string
}

// Advice is what the table says about a condition of an object.
type Advice struct {
	Entry

	// Case is the case of the message; the first one if the message fits none.
	Case Case
	// Fits says whether the message fits the case.
	Fits bool
	// Commands are those of the case, with all names in them. Commands with a name that is not known are left out.
	Commands []string
	// Names are what the placeholders of the case stand for in the message.
	Names map[string]string
}

// Advise returns what the table says about a condition of an object; false if the table does not have it, as with another version
// of the operator.
func Advise(s Subject, c metav1.Condition) (Advice, bool) {
	entries := candidates(s.Kind, c)
	if len(entries) == 0 {
		return Advice{}, false
	}
	advice, names := bestOf(entries, c.Message)
	if advice.Case.Urgency != 0 {
		advice.Urgency = advice.Case.Urgency
	}
	advice.Names = maps.Clone(names)
	maps.Copy(names, s.names(names))
	for _, command := range advice.Case.Commands {
		if filled, complete := Fill(command, names); complete {
			advice.Commands = append(advice.Commands, filled)
		}
	}
	return advice, true
}

// bestOf returns the first case that the message fits, with what its placeholders stand for, or else the first case of all.
func bestOf(entries []Entry, message string) (Advice, map[string]string) {
	for _, entry := range entries {
		for _, one := range entry.Cases {
			if values, fits := one.match(message); fits {
				return Advice{Entry: entry, Case: one, Fits: true}, values
			}
		}
	}
	return Advice{Entry: entries[0], Case: entries[0].Cases[0]}, map[string]string{}
}

// names are what a subject has for the placeholders of commands. The ClerkInstance is the one that the message names, if it does.
func (s Subject) names(said map[string]string) map[string]string {
	names := map[string]string{
		"namespace": s.Namespace, "name": s.Name,
		"instance-namespace": s.InstanceNamespace, "instance-name": s.InstanceName,
	}
	if namespace, name, found := strings.Cut(said["instance"], "/"); found {
		names["instance-namespace"], names["instance-name"] = namespace, name
	}
	return names
}

// match returns what the placeholders of the first message that fits stand for.
func (c Case) match(message string) (map[string]string, bool) {
	for _, template := range c.Messages {
		if values, fits := Match(template, message); fits {
			return values, true
		}
	}
	return nil, false
}

// Match returns what the placeholders of a template stand for, and whether the template occurs in a text. A message can consist of
// several.
func Match(template, text string) (map[string]string, bool) {
	var pattern strings.Builder
	var names []string
	rest := template
	for _, at := range regexp.MustCompile(placeholder).FindAllStringSubmatchIndex(template, -1) {
		begin := len(template) - len(rest)
		pattern.WriteString(regexp.QuoteMeta(template[begin:at[0]]))
		rest = template[at[1]:]
		name := ""
		if at[2] >= 0 {
			name = template[at[2]:at[3]]
		}
		names = append(names, name)
		pattern.WriteString(wildcard(rest))
	}
	pattern.WriteString(regexp.QuoteMeta(rest))
	found := regexp.MustCompile("(?s)" + pattern.String()).FindStringSubmatch(text)
	if found == nil {
		return nil, false
	}
	values := map[string]string{}
	for i, name := range names {
		values[name] = found[i+1]
	}
	return values, true
}

// wildcard is the pattern of a placeholder: a word at the end of a template, else as little as possible.
func wildcard(rest string) string {
	if rest == "" {
		return `(\S+)`
	}
	return "(.+?)"
}

// Fill returns a command in which names stand for the placeholders. complete is false if a name is missing, or has a character that
// means something to a shell: names come from messages, and messages can quote what people and Clerk wrote.
func Fill(command string, names map[string]string) (filled string, complete bool) {
	safe := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@:+-]*$`)
	complete = true
	filled = regexp.MustCompile(placeholder).ReplaceAllStringFunc(command, func(found string) string {
		name := names[strings.Trim(found, "‹›")]
		if !safe.MatchString(name) {
			complete = false
			return found
		}
		return name
	})
	return filled, complete
}
