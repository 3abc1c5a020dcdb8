// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
)

// look is how somebody looks at a page.
type look struct {
	scheme        string
	width, height int64
}

// String names the look in the name of a picture.
func (l look) String() string { return fmt.Sprintf("%s-%d", l.scheme, l.width) }

// desktop is the look of a new tab.
var desktop = look{"light", 1280, 800}

func looks() []look {
	return []look{desktop, {"dark", 1280, 800}, {"light", 390, 844}, {"dark", 390, 844}}
}

// look has the page drawn for a colour scheme and a width.
func (tb *tab) look(l look) {
	tb.t.Helper()
	tb.seen = l
	command(tb, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
	})
	command(tb, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: l.width, Height: l.height, DeviceScaleFactor: 1, Mobile: l.width < 600,
	})
}

// overhang is by how many pixels the page is wider than the window, and because of which elements.
func (tb *tab) overhang() (pixels int, because string) {
	tb.t.Helper()
	// On a narrow screen, a browser zooms out until a wide page fits into what it calls the window's width.
	width := fmt.Sprint(tb.seen.width)
	pixels = eval[int](tb, "document.documentElement.scrollWidth - "+width)
	return pixels, eval[string](tb, `[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > `+width+` + 0.5)
		.slice(0, 5).map((e) => e.outerHTML.slice(0, 100)).join('\n')`)
}
