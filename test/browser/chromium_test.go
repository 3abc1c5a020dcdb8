// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// reboundHost is a name that leads to this machine in the tests' browser, as a name of somebody else can do anywhere.
const reboundHost = "evil.example"

func findChromium() string {
	for _, name := range []string{"google-chrome", "chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// browser is a running Chromium.
type browser struct {
	ctx  context.Context
	stop func()
}

// startChromium starts a browser without windows. It takes its commands from a pipe and ends with it, and so with this process,
// however that ends. Its files are in profile.
func startChromium(program, profile string) (*browser, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(profile),
		// The sandbox does not start as root, and the browser opens nothing but pages of these tests.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP "+reboundHost+" 127.0.0.1"),
	)
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser := chromedp.NewContext(allocator)
	b := &browser{ctx: ctx, stop: func() { closeBrowser(); release() }}
	if err := chromedp.Do(ctx); err != nil {
		b.stop()
		return nil, err
	}
	return b, nil
}

// needChromium skips the test with -short and where Chromium is missing.
func needChromium(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes long, and -short is set")
	}
	if chromium == nil {
		notchecked.Skip(t, "the emulator's page was not opened: chromium is not installed")
	}
}
