// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// paragraphWidth is the number of characters in a line of text for people.
const paragraphWidth = 100

// Paragraph writes a text in lines that are indented by a number of spaces. It writes nothing for "".
func Paragraph(out io.Writer, indent int, text string) {
	margin, line, used := strings.Repeat(" ", indent), "", indent
	for word := range strings.FieldsSeq(Line(text)) {
		length := utf8.RuneCountInString(word)
		if line != "" && used+1+length > paragraphWidth {
			fmt.Fprintln(out, margin+line)
			line, used = "", indent
		}
		if line != "" {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+length
	}
	if line != "" {
		fmt.Fprintln(out, margin+line)
	}
}
