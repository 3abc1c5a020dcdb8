// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestChecksFindMistakes opens a page with one mistake of each kind that the other tests look for.
func TestChecksFindMistakes(t *testing.T) {
	t.Parallel()
	script := needAxe(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; img-src *; script-src 'nonce-a'")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>Mistakes</title><meta name="viewport" content="width=device-width">
			<link rel="icon" href="data:,"><style>
			body { background: #fff } p { color: #ddd } @media (prefers-color-scheme: dark) { p { color: #000 } }
			@media (max-width: 400px) { pre { width: 600px } }</style></head>
			<body><main><h1>Mistakes</h1><p>Pale</p><pre>Wide</pre><form><input type="text" name="nameless"><button>OK</button></form>
			<img alt="" src="http://%s:1/elsewhere.png"><img alt="" src="/missing.png">
			<script>document.title = 'This must not run'</script><script nonce="a">console.error('on purpose'); setTimeout(() => { throw new Error('thrown') })</script>
			</main></body></html>`, reboundHost)
	}))
	t.Cleanup(server.Close)
	tb := openTab(t)
	tb.open(server.URL)
	tb.wait("the complaints", "document.readyState === 'complete'")
	complaints := strings.Join(tb.complaints(), "\n")
	for _, want := range []string{"a request to http://" + reboundHost, "404", "Content Security Policy", "on purpose", "thrown"} {
		if !strings.Contains(complaints, want) {
			t.Errorf("nobody noticed %q:\n%s", want, complaints)
		}
	}
	for l, want := range map[look][]string{desktop: {"color-contrast", "label"}, {"dark", 1280, 800}: {"label"}} {
		tb.look(l)
		var ids []string
		for _, v := range tb.violations(script) {
			ids = append(ids, v.ID)
		}
		if slices.Sort(ids); !slices.Equal(ids, want) {
			t.Errorf("%s: axe-core found %v, want %v", l, ids, want)
		}
	}
	tb.look(looks()[2])
	if pixels, because := tb.overhang(); pixels < 200 || !strings.Contains(because, "<pre>Wide") {
		t.Errorf("the page is wider than the window by %d pixels because of %q", pixels, because)
	}
}
