// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for what it expects in the browser.
const patience = 30 * time.Second

// tab is a tab of the browser that notes what is wrong with its pages.
type tab struct {
	t   testing.TB
	ctx context.Context
	// seen is how somebody looks at the tab.
	seen look

	mu sync.Mutex
	// home is the host of the pages; wrong has requests to others, and what the browser complains about.
	home  string
	wrong []string
}

// openTab opens a tab for the time of the test.
func openTab(t testing.TB) *tab {
	t.Helper()
	needChromium(t)
	tb := &tab{t: t}
	ctx, closeTab := chromedp.NewContext(chromium.ctx, chromedp.WithListener(tb.observe))
	t.Cleanup(closeTab)
	tb.ctx = ctx
	// The first command opens the tab, which would end together with a deadline of its context.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	command(tb, network.Enable, network.EnableParams{})
	command(tb, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	tb.look(desktop)
	return tb
}

// observe notes an event of the browser.
func (tb *tab) observe(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if to, err := url.Parse(e.Request.URL); err != nil || to.Host != tb.home && to.Scheme != "data" && to.Scheme != "about" {
			tb.wrong = append(tb.wrong, "a request to "+e.Request.URL)
		}
	case *cdplog.EventEntryAdded:
		// Violations of the policy are among these.
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			tb.wrong = append(tb.wrong, fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		words := make([]string, len(e.Args))
		for i, a := range e.Args {
			words[i] = description(a)
		}
		tb.wrong = append(tb.wrong, fmt.Sprintf("console.%s: %s", e.Type, strings.Join(words, " ")))
	case *runtime.EventExceptionThrown:
		tb.wrong = append(tb.wrong, "a script failed: "+e.ExceptionDetails.Text+" "+description(e.ExceptionDetails.Exception))
	}
}

// description is a value of a script as the console shows it.
func description(value *runtime.RemoteObject) string {
	if value == nil {
		return ""
	}
	return string(value.Value) + value.Description
}

// complaints returns what is wrong with the pages so far.
func (tb *tab) complaints() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return append([]string(nil), tb.wrong...)
}

// do does what somebody does in the page.
func (tb *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		tb.t.Fatalf("%s: %v", what, err)
	}
}

// command sends a command to the tab and returns its result.
func command[P, R any](tb *tab, c cdp.Command[P, R], parameters P) R {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, c, parameters)
	if err != nil {
		tb.t.Fatalf("%s: %v", c.Method, err)
	}
	return result
}

// open opens a page and waits until it is loaded. Its host becomes the only one for requests.
func (tb *tab) open(address string) {
	tb.t.Helper()
	to, err := url.Parse(address)
	if err != nil {
		tb.t.Fatal(err)
	}
	tb.mu.Lock()
	tb.home = to.Host
	tb.mu.Unlock()
	tb.do("opening "+address, chromedp.Navigate(address))
}

// eval evaluates an expression in the page and decodes its value, which may be a promise.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	value, err := evaluated[T](tb, expression)
	if err != nil {
		tb.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func evaluated[T any](tb *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// wait waits until an expression is true in the page, also across pages.
func (tb *tab) wait(what, expression string) {
	tb.t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var holds bool
		if holds, err = evaluated[bool](tb, expression); err == nil && holds {
			return
		}
	}
	text, _ := evaluated[string](tb, "location.href + '\\n' + document.body?.innerText")
	tb.t.Fatalf("waiting for %s (%v): %s\nThe page is %s", what, err, expression, text)
}
