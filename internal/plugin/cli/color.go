// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Color is a colour or weight of text on a terminal, as a parameter of ANSI's "select graphic rendition".
type Color string

// The colours that commands use. Colour never carries information that the text lacks.
const (
	Bold   Color = "1"
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Faint  Color = "2"
)

// Colors paints text, or leaves it as it is.
type Colors bool

// Paint returns the text in a colour.
func (c Colors) Paint(color Color, text string) string {
	if !c || text == "" {
		return text
	}
	return "\x1b[" + string(color) + "m" + text + "\x1b[0m"
}

// Colors returns whether standard output has colours: it is a terminal, and neither --no-color nor the variable NO_COLOR is set
// (https://no-color.org).
func (e *Environment) Colors() Colors {
	return Colors(!e.NoColor && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb" && IsTerminal(e.Out))
}

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream io.Writer) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
