// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"strconv"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// present waits until the page shows a text.
func (tb *tab) present(text string) {
	tb.t.Helper()
	tb.wait(strconv.Quote(text)+" on the page", "document.body.innerText.includes("+strconv.Quote(text)+")")
}

// within waits until an element shows a text.
func (tb *tab) within(selector, text string) {
	tb.t.Helper()
	tb.wait(fmt.Sprintf("%q in %s", text, selector), "document.querySelector("+strconv.Quote(selector)+")?.innerText.includes("+strconv.Quote(text)+") ?? false")
}

// follows waits until the page follows what happens.
func (tb *tab) follows() {
	tb.t.Helper()
	tb.within("#live", "live")
}

// click clicks on the middle of what a selector finds first.
func (tb *tab) click(selector string) {
	tb.t.Helper()
	type point struct{ X, Y float64 }
	at := eval[point](tb, `(() => {
		const e = document.querySelector(`+strconv.Quote(selector)+`); e.scrollIntoView({ block: 'center', behavior: 'instant' })
		const r = e.getBoundingClientRect(); return { X: r.x + r.width / 2, Y: r.y + r.height / 2 }
	})()`)
	tb.do("clicking "+selector, chromedp.MouseClickXY(at.X, at.Y))
}

// form is the selector of the form that is sent to an address which ends with action.
func form(action string) string { return `form[action$="` + action + `"]` }

// submit clicks on the button of a form, and waits for the next page.
func (tb *tab) submit(action string) {
	tb.t.Helper()
	tb.next("sending "+action, func() { tb.click(form(action) + " button") })
}

// next does what leads to another page, and waits for that page.
func (tb *tab) next(what string, act func()) {
	tb.t.Helper()
	eval[string](tb, "document.documentElement.dataset.former = 'yes'")
	act()
	tb.wait(what, "document.readyState === 'complete' && !('former' in document.documentElement.dataset)")
}

// write replaces what a field has by what somebody types.
func (tb *tab) write(selector, text string) {
	tb.t.Helper()
	tb.click(selector)
	eval[string](tb, "(document.querySelector("+strconv.Quote(selector)+").select(), '')")
	if text == "" {
		tb.press("\b")
	}
	tb.press(text)
}

// press presses keys.
func (tb *tab) press(keys string) {
	tb.t.Helper()
	tb.do("typing", chromedp.KeyEvent(keys))
}

// scripts switches JavaScript on or off.
func (tb *tab) scripts(on bool) {
	tb.t.Helper()
	command(tb, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// picture draws the whole page.
func (tb *tab) picture() []byte {
	tb.t.Helper()
	return command(tb, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)}).Data
}

// uncomplaining fails the test if something is wrong with the pages, except what is expected.
func (tb *tab) uncomplaining(except ...string) {
	tb.t.Helper()
	for _, complaint := range tb.complaints() {
		if !containsAny(complaint, except) {
			tb.t.Error(complaint)
		}
	}
}
