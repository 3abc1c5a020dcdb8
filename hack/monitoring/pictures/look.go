// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// format writes a value with its unit, short as Grafana does.
func format(value float64, unit string) string {
	if value == 0 {
		return "0"
	}
	switch unit {
	case "percentunit":
		return short(100*value) + " %"
	case "s":
		return duration(value)
	case "bytes":
		return scaled(value, 1024, []string{"B", "KiB", "MiB", "GiB"})
	case "reqps":
		return short(value) + "/s"
	case "ops":
		return short(value) + "/s"
	}
	return scaled(value, 1000, []string{"", "K", "Mil"})
}

func duration(seconds float64) string {
	switch size := math.Abs(seconds); {
	case size < 1:
		return short(1000*seconds) + " ms"
	case size < 120:
		return short(seconds) + " s"
	case size < 7200:
		return short(seconds/60) + " min"
	}
	return short(seconds/3600) + " h"
}

func scaled(value, base float64, units []string) string {
	i := 0
	for i+1 < len(units) && math.Abs(value) >= base {
		value, i = value/base, i+1
	}
	if units[i] == "" {
		return short(value)
	}
	return short(value) + " " + units[i]
}

// short has three digits.
func short(value float64) string {
	if math.Abs(value) >= 100 {
		return strconv.FormatFloat(math.Round(value), 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(fmt.Sprintf("%.3g", value), 64)
	if err != nil {
		return fmt.Sprint(value)
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// hue is the color that Grafana shows for a name, of a shade that is readable on both grounds.
func hue(name string) string {
	hues := map[string]string{
		"green": "#56a64b", "yellow": "#d9a400", "orange": "#f2861b", "red": "#e02f44", "blue": "#3f83e8", "purple": "#a352cc",
	}
	return hues[name]
}

// palette has the colors for series without one of their own.
func palette(i int) string {
	hues := []string{
		"#56a64b", "#d9a400", "#3f83e8", "#f2861b", "#e02f44", "#a352cc", "#1aa6a6", "#8a6d3b", "#d6609c", "#7a8794", "#6d7f00", "#2f5aa8",
	}
	return hues[i%len(hues)]
}

// look is how a series is drawn. Without a hue it has the color of text.
type look struct {
	hue    string
	dashed bool
}

func lookOf(p board.Panel, index int, name string) look {
	for _, color := range p.Colors {
		if regexp.MustCompile("^(?:" + color.Series + ")$").MatchString(name) {
			return look{hue(color.Color), color.Dashed}
		}
	}
	return look{hue: palette(index)}
}

// stepColor is the color of a value by the steps of a panel.
func stepColor(steps []board.Step, value float64) string {
	color := "green"
	for i, step := range steps {
		if i == 0 || value >= step.From {
			color = step.Color
		}
	}
	return hue(color)
}
