// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import "fmt"

// notes are sentences about what the report does not take into account. Each is there once, with the objects that it is about.
type notes struct {
	order []string
	about map[string][]string
}

// add adds a sentence, which is about an object unless that is "".
func (n *notes) add(sentence, object string) {
	if n.about == nil {
		n.about = map[string][]string{}
	}
	if _, known := n.about[sentence]; !known {
		n.order = append(n.order, sentence)
		n.about[sentence] = nil
	}
	if object != "" {
		n.about[sentence] = append(n.about[sentence], object)
	}
}

// texts returns the sentences.
func (n *notes) texts() []string {
	var texts []string
	for _, sentence := range n.order {
		if about := n.about[sentence]; len(about) > 0 {
			sentence = fmt.Sprintf("%s: %s", someOf(about), sentence)
		}
		texts = append(texts, sentence)
	}
	return texts
}
