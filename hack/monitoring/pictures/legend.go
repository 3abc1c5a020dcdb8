// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// letter is the average width of a letter.
const letter = 6.4

// area is the inside of a panel.
type area struct {
	x, y, width, height float64
}

// fit shortens a text to a width.
func fit(text string, width float64) string {
	runes := []rune(text)
	if most := int(width / letter); len(runes) > most && most > 1 {
		return string(runes[:most-1]) + "…"
	}
	return text
}

// keys is a legend: the names of series with their last values.
type keys struct {
	lines int
	drawn []*element
}

// legend names the series below a chart, as many as there is room for.
func legend(p board.Panel, all []series, a area) keys {
	const perLine, most = 15, 3
	type place struct {
		x    float64
		line int
	}
	x, line, left := 0.0, 0, 0
	var places []place
	for i, s := range all {
		width := float64(len([]rune(s.name)))*letter + 26
		if x > 0 && x+width > a.width {
			x, line = 0, line+1
		}
		if line == most {
			left = len(all) - i
			break
		}
		places = append(places, place{x, line})
		x += width
	}
	result := keys{lines: min(line+1, most)}
	top := a.y + a.height - float64(result.lines)*perLine + 8
	for i, at := range places {
		y := top + float64(at.line)*perLine
		l := lookOf(p, i, all[i].name)
		key := draw("rect", "x", a.x+at.x, "y", y-4, "width", 10, "height", 3)
		if l.hue == "" {
			key = draw("rect", "class", "key", "x", a.x+at.x, "y", y-4, "width", 10, "height", 3)
		} else {
			key.Attrs = append(key.Attrs, draw("", "fill", l.hue).Attrs...)
		}
		result.drawn = append(result.drawn, key, write(a.x+at.x+14, y, "text", fit(all[i].name, a.width-14)))
	}
	if left > 0 {
		result.drawn = append(result.drawn, write(a.x+a.width, top+float64(most-1)*perLine, "right", "…"))
	}
	return result
}
