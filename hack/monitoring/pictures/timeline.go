// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// timeline draws a bar for each series, in the colors of its states.
func (w window) timeline(p board.Panel, all []series, a area) []*element {
	names := min(200, a.width*0.4)
	f := frame{w, a.x + names, a.y + 4, a.width - names - 4, a.height - 40, 1}
	part := min(f.height/float64(len(all)), 26)
	f.height = part * float64(len(all))
	var drawn []*element
	for i, s := range all {
		y := f.y + part*float64(i)
		drawn = append(drawn, write(a.x, y+part/2+4, "text", fit(s.name, names-8)))
		for _, piece := range pieces(s.points, w) {
			left, right := f.across(piece.from), min(f.across(piece.to), f.x+f.width)
			drawn = append(drawn, draw("rect", "x", left, "y", y+2, "width", max(right-left, 1), "height", part-4, "fill", stateColor(p, piece.value)))
		}
	}
	drawn = append(drawn, f.clock()...)
	x := a.x
	for _, value := range []string{"0", "1"} {
		state, found := p.States[value]
		if !found {
			continue
		}
		y := a.y + a.height - 2
		drawn = append(drawn, draw("rect", "x", x, "y", y-7, "width", 10, "height", 7, "fill", hue(state.Color)), write(x+14, y, "text", state.Text))
		x += 90
	}
	return drawn
}

// piece is a time with one value.
type piece struct {
	from, to model.Time
	value    float64
}

// pieces joins equal neighbours. A point stands for the step that it begins.
func pieces(points []model.SamplePair, w window) []piece {
	var all []piece
	for _, point := range points {
		end := point.Timestamp.Add(w.view.Step)
		if n := len(all); n > 0 && all[n-1].value == float64(point.Value) && all[n-1].to >= point.Timestamp {
			all[n-1].to = end
			continue
		}
		all = append(all, piece{point.Timestamp, end, float64(point.Value)})
	}
	return all
}

func stateColor(p board.Panel, value float64) string {
	if state, found := p.States[fmt.Sprint(value)]; found {
		return hue(state.Color)
	}
	return stepColor(p.Steps, value)
}
