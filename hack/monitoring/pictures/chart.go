// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// frame is where the values of a chart are drawn.
type frame struct {
	window
	x, y, width, height float64
	top                 float64 // the value at the upper edge; the lower one is 0
}

func (f frame) across(at model.Time) float64 {
	return f.x + f.width*at.Time().Sub(f.from).Seconds()/f.to.Sub(f.from).Seconds()
}

func (f frame) up(value float64) float64 { return f.y + f.height - f.height*value/f.top }

// chart draws series over time, with axes and a legend below.
func (w window) chart(p board.Panel, all []series, a area) []*element {
	const axis, perLine = 52, 15
	keys := legend(p, all, a)
	f := frame{w, a.x + axis, a.y + 4, a.width - axis - 8, a.height - 24 - float64(keys.lines)*perLine, 0}
	lines, top := heights(p, all)
	f.top = ceilingOf(top, p.Unit)
	elements := f.axes(p.Unit)
	for i, s := range slices.Backward(all) {
		elements = append(elements, f.line(p, i, s, lines[i])...)
	}
	return append(elements, keys.drawn...)
}

// line draws one series, and in a stack the area between it and the one below.
func (f frame) line(p board.Panel, index int, s series, d drawn) []*element {
	l := lookOf(p, index, s.name)
	stroke := []any{"d", f.path(d.points), "fill", "none", "stroke-width", "1.5"}
	if l.dashed {
		stroke = append(stroke, "stroke-dasharray", "5 4")
	}
	if l.hue == "" {
		return []*element{draw("path", append(stroke, "class", "plain")...)}
	}
	all := []*element{draw("path", append(stroke, "stroke", l.hue)...)}
	if len(d.below) > 1 {
		all = append(all, draw("path", "d", f.area(d), "fill", l.hue, "fill-opacity", "0.3"))
	}
	return all
}

// area is the outline of each part without a gap: there and back again.
func (f frame) area(d drawn) string {
	var outline strings.Builder
	for from, i := 0, 0; i < len(d.points); i++ {
		if i+1 < len(d.points) && !f.gap(d.points[i], d.points[i+1]) {
			continue
		}
		under := slices.Clone(d.below[from : i+1])
		slices.Reverse(under)
		outline.WriteString(f.path(d.points[from:i+1]) + strings.Replace(f.path(under), "M", "L", 1) + "Z")
		from = i + 1
	}
	return outline.String()
}

// path draws points from left to right, or from right to left. A gap in time is a gap in the line.
func (f frame) path(points []model.SamplePair) string {
	var path strings.Builder
	for i, point := range points {
		begins, ends := i == 0 || f.gap(points[i-1], point), i+1 == len(points) || f.gap(point, points[i+1])
		if !begins && !ends && flat(points, i) {
			continue
		}
		command := "L"
		if begins {
			command = "M"
		}
		path.WriteString(command + coordinate(f.across(point.Timestamp)) + " " + coordinate(f.up(float64(point.Value))))
		if begins && ends {
			path.WriteString("h1.5") // a point alone
		}
	}
	return path.String()
}

// gap reports whether there is no data between two points.
func (f frame) gap(a, b model.SamplePair) bool {
	return b.Timestamp.Sub(a.Timestamp).Abs() > f.view.Step*3/2
}

// flat reports whether a point and both of its neighbours have the same value.
func flat(points []model.SamplePair, i int) bool {
	return points[i-1].Value == points[i].Value && points[i].Value == points[i+1].Value
}

// drawn are the points of a series as they are drawn, and the lower edge of its area in a stack.
type drawn struct {
	points, below []model.SamplePair
}

// heights returns how each series is drawn, and the largest value. In a stack, each is on top of the ones before.
func heights(p board.Panel, all []series) ([]drawn, float64) {
	sums := map[model.Time]model.SampleValue{}
	result := make([]drawn, len(all))
	top := 0.0
	for i, s := range all {
		stacked := p.Kind == board.Stacked && !lookOf(p, i, s.name).dashed
		for _, point := range s.points {
			if stacked {
				result[i].below = append(result[i].below, model.SamplePair{Timestamp: point.Timestamp, Value: sums[point.Timestamp]})
				sums[point.Timestamp] += point.Value
				point.Value = sums[point.Timestamp]
			}
			result[i].points = append(result[i].points, point)
			top = max(top, float64(point.Value))
		}
	}
	return result, top
}

// ceilingOf is a ceiling that is round in the unit in which the value is shown.
func ceilingOf(value float64, unit string) float64 {
	size := 1.0
	switch {
	case unit == "s" && value >= 7200:
		size = 3600
	case unit == "s" && value >= 120:
		size = 60
	case unit == "bytes":
		for value/size >= 1024 {
			size *= 1024
		}
	}
	return size * ceiling(value/size)
}

// ceiling is a round number of at least the value.
func ceiling(value float64) float64 {
	if value <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(value)))
	for _, step := range []float64{1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10} {
		if value <= step*power*1.0001 {
			return step * power
		}
	}
	return value
}

func (f frame) axes(unit string) []*element {
	const steps = 4
	var lines []*element
	for i := range steps + 1 {
		value := f.top * float64(i) / steps
		y := f.up(value)
		lines = append(lines,
			draw("path", "class", "grid", "d", "M"+coordinate(f.x)+" "+coordinate(y)+"h"+coordinate(f.width)),
			write(f.x-6, y+4, "right", format(value, unit)),
		)
	}
	return append(lines, f.clock()...)
}

// clock labels the time since the beginning.
func (f frame) clock() []*element {
	const room = 42.0
	whole := f.to.Sub(f.from)
	step := time.Second
	for _, seconds := range []int{2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200} {
		if step = time.Duration(seconds) * time.Second; f.width*step.Seconds()/whole.Seconds() >= room {
			break
		}
	}
	var labels []*element
	for after := step; after < whole; after += step {
		x := f.x + f.width*after.Seconds()/whole.Seconds()
		if x+room/3 <= f.x+f.width {
			labels = append(labels, write(x, f.y+f.height+15, "middle", elapsed(after)))
		}
	}
	return labels
}

// elapsed is a time since the beginning, in minutes and seconds.
func elapsed(d time.Duration) string {
	seconds := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
