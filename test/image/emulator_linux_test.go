// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// TestEmulatorImageRuns builds the emulator's image for this machine's platform, and runs it with the arguments of the image.
func TestEmulatorImageRuns(t *testing.T) {
	t.Parallel()
	i := builtEmulator(t)
	want := map[string]any{
		"User": "65532:65532", "Entrypoint": []any{"/clerk-emulator"}, "Cmd": []any{"--addr", ":8910"}, "WorkingDir": "/",
		"ExposedPorts": map[string]any{"8910/tcp": map[string]any{}}, "Labels": i.config.Config["Labels"],
	}
	if diff := cmp.Diff(want, i.config.Config); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if title := i.manifest.Annotations["org.opencontainers.image.title"]; title != "clerk-emulator" || len(i.files) != 1 {
		t.Errorf("the image is named %q and has %d files, want /clerk-emulator alone", title, len(i.files))
	}
	c, address := startEmulator(t, i)
	status := statusOf(t, c.pid(t))
	if status["Uid"] != fourTimes(nonroot().user) || status["CapEff"] != strings.Repeat("0", 16) || status["NoNewPrivs"] != "1" {
		t.Errorf("the process has the status %v", status)
	}
	body := strings.NewReader(`{"username":"grace"}`)
	asked(t, http.MethodPost, address+"/_emulator/users", body, nil)
	var users []struct {
		Username string `json:"username"`
	}
	asked(t, http.MethodGet, address+"/v1/users", nil, &users)
	if len(users) != 1 || users[0].Username != "grace" {
		t.Errorf("the users are %+v, want the one that was seeded", users)
	}
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil { // runc passes it on
		t.Fatal(err)
	}
	if err := c.wait(t); err != nil || !strings.Contains(c.output(), "which need no key") {
		t.Errorf("the emulator ends with %v after SIGTERM; it printed:\n%s", err, c.output())
	}
}

// builtEmulator returns the emulator's image for this machine.
func builtEmulator(t *testing.T) image {
	t.Helper()
	if testing.Short() {
		t.Skip("building the image takes long, and -short is set")
	}
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	l := layout{output: filepath.Join(t.TempDir(), "image")}
	l.digest, err = build(root, l.output, "-program", "clerk-emulator", "-name", "clerk-emulator", "-platforms", "linux/"+runtime.GOARCH)
	if err != nil {
		t.Fatal(err)
	}
	return l.images(t)[runtime.GOARCH]
}

// startEmulator runs the image and returns its address. The port is another than the image's, which somebody may use on this machine.
func startEmulator(t *testing.T, i image) (c *container, address string) {
	t.Helper()
	runc, bundle := usableRunc(t), t.TempDir()
	i.rootfs(t, bundle)
	address = manager.FreeAddress(t)
	port := address[strings.LastIndex(address, ":"):]
	var args []string
	for _, part := range append(i.config.Config["Entrypoint"].([]any), i.config.Config["Cmd"].([]any)...) {
		args = append(args, strings.Replace(part.(string), ":8910", port, 1))
	}
	c = startContainer(t, runc, bundle, bundleConfig(nonroot(), args, nil))
	for deadline := time.Now().Add(patience); !strings.Contains(c.output(), "http://127.0.0.1"+port+"\n"); time.Sleep(tick) {
		select {
		case <-c.done:
			t.Fatalf("the emulator ended: %v\n%s", c.err, c.output())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("the emulator prints no address: %s", c.output())
		}
	}
	return c, "http://" + address
}

// asked sends a request with the emulator's default key, and decodes the answer.
func asked(t *testing.T, method, address string, body io.Reader, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer sk_test_emulator")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("status %s", answer.Status)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s %s: %v: %s", method, address, err, text)
	}
}
