// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestControlReadsEveryUserById(t *testing.T) {
	t.Parallel()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{Keys: []string{controlKey}})
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close(t.Context()) })
	task := controlTask{APIURL: listener.URL(), Key: controlKey, RequestsPer10s: wideBudget, Rounds: 2}
	for range 40 {
		task.IDs = append(task.IDs, instance.Seed(emulator.User{}).ID)
	}
	text, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "task.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := readAll(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if report.Seconds <= 0 || report.PeakRSSMiB <= 0 {
		t.Errorf("report %+v", report)
	}
	if got := callsOf(instance.Journal())["GET /users/{id}"]; got != 80 {
		t.Errorf("%d reads of 40 users twice", got)
	}
	if got := checkedIn(instance.Journal().Matching(http.MethodGet, ""), 40); got != 40 {
		t.Errorf("%d of 40 users were read", got)
	}
	if err := instance.Delete(task.IDs[7]); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t.Context(), file); err == nil {
		t.Error("a user who is not there is no error")
	}
}
