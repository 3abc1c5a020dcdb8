// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

// Place is the upper left corner of a panel in its row, in units of Grafana's grid.
type Place struct {
	X, Y uint32
}

// Arrange places panels from left to right, and returns the places and the height of all.
func Arrange(panels []Panel) ([]Place, uint32) {
	var places []Place
	var x, y, height uint32
	for _, p := range panels {
		if x+p.Width > columns {
			x, y, height = 0, y+height, 0
		}
		places = append(places, Place{x, y})
		x, height = x+p.Width, max(height, p.Height)
	}
	return places, y + height
}
