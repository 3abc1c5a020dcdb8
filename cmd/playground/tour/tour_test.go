// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// newTour returns a tour without a cluster and without an operator, and what it prints.
func newTour(t *testing.T) (*Tour, *bytes.Buffer) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	server := emulator.New(emulator.Config{})
	serving := httptest.NewServer(server)
	t.Cleanup(serving.Close)
	t.Cleanup(server.Close)
	// A kubectl that does nothing.
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "kubectl"), []byte("#!/bin/sh\necho \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := &bytes.Buffer{}
	return &Tour{
		Out: out, Page: Page{Width: 80}, Limit: 50 * time.Millisecond, Directory: t.TempDir(),
		Environment: []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "CLERK=" + serving.URL},
		Clerk:       server.AddInstance(emulator.InstanceConfig{Keys: []string{Key}}), ClerkURL: serving.URL,
		Cluster: fake.NewClientBuilder().WithScheme(scheme).Build(),
	}, out
}

func TestFailureNamesTheStep(t *testing.T) {
	tour, _ := newTour(t)
	err := tour.Run(t.Context(), Steps())
	if err == nil || !strings.Contains(err.Error(), "step 1 of 7 (create): waiting 50ms until ada is Ready") {
		t.Errorf("without an operator: %v", err)
	}
}

func TestPartsFailIfRealityDiffers(t *testing.T) {
	write := func(t *testing.T, tour *Tour) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tour.ClerkURL+"/v1/users", strings.NewReader(`{"username":"ada_lovelace"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+Key)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		_ = response.Body.Close()
	}
	tour, out := newTour(t)
	cases := map[string]struct {
		part Part
		want string
	}{
		"NoWriteWhereOneIsTold":    {calls{"POST /users 200"}, `got [], want ["POST /users 200"]`},
		"CommandThatFails":         {command("echo no such thing >&2; exit 3"), "exit status 3: no such thing"},
		"UserThatIsNotAtClerk":     {userAtClerk("x", "nobody@example.com", nil), "0 users have it"},
		"ManifestThatDoesNotExist": {manifest("none.yaml"), "showing none.yaml"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := tour.Run(t.Context(), []Step{{Name: "a", Parts: []Part{text("x")}}, {Name: "b", Parts: []Part{tc.part}}})
			if err == nil || !strings.Contains(err.Error(), "step 2 of 2 (b): ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q in it", err, tc.want)
			}
		})
	}
	write(t, tour)
	out.Reset()
	steps := []Step{{Parts: []Part{calls{"POST /users 200"}, calls(nil)}}}
	if err := tour.Run(t.Context(), steps); err != nil || !strings.Contains(out.String(), "POST  /users  200") {
		t.Errorf("the call that was made: %v\n%s", err, out)
	}
	write2 := calls(nil)
	tour.seen = 0
	if err := write2.show(t.Context(), tour); err == nil {
		t.Error("a write where none is told is accepted")
	}
}

func TestPauseComesBetweenStepsAndCanQuit(t *testing.T) {
	tour, out := newTour(t)
	pauses := 0
	tour.Pause = func(context.Context) error {
		if pauses++; pauses == 2 {
			return ErrQuit
		}
		return nil
	}
	steps := []Step{{Title: "one"}, {Title: "two"}, {Title: "three"}}
	if err := tour.Run(t.Context(), steps); !errors.Is(err, ErrQuit) || pauses != 2 || strings.Contains(out.String(), "three") {
		t.Errorf("err = %v after %d pauses:\n%s", err, pauses, out)
	}
}

func TestCommandsEndWithTheTour(t *testing.T) {
	tour, _ := newTour(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := tour.Run(ctx, []Step{{Parts: []Part{command("sleep 600 | sleep 600")}}})
	if err == nil || time.Since(began) > time.Minute {
		t.Errorf("err = %v after %s", err, time.Since(began))
	}
	tour.Limit = time.Hour
	if err := tour.Run(ctx, []Step{{Parts: []Part{event("ada", "Created")}}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a wait without an end: %v", err)
	}
}

// TestManifestsAreShownAndWritten holds that each manifest is used by a step, and has the emulator's address.
func TestManifestsAreShownAndWritten(t *testing.T) {
	tour, _ := newTour(t)
	if err := tour.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	var commands strings.Builder
	for _, step := range Steps() {
		for _, part := range step.Parts {
			if c, ok := part.(command); ok {
				commands.WriteString(string(c) + "\n")
			}
		}
	}
	entries, err := manifests.ReadDir("manifests")
	if err != nil || len(entries) == 0 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		expectManifest(t, tour, entry, commands.String())
	}
	written, err := os.ReadFile(filepath.Join(tour.Directory, "clerk.yaml"))
	if err != nil || !strings.Contains(string(written), "apiURL: "+tour.ClerkURL+"/v1") || !strings.Contains(string(written), "secret-key: "+Key) {
		t.Errorf("clerk.yaml is %s, %v", written, err)
	}
}

func expectManifest(t *testing.T, tour *Tour, entry fs.DirEntry, commands string) {
	t.Helper()
	if !strings.Contains(commands, "-f "+entry.Name()) {
		t.Errorf("no command uses %s", entry.Name())
	}
	content, err := os.ReadFile(filepath.Join(tour.Directory, entry.Name()))
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096).Decode(object); err != nil || object.GetName() == "" {
		t.Errorf("%s: %v", entry.Name(), err)
	}
}
