// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// machine says where, when and with what the figures were measured.
type machine struct {
	// Commit is the commit of the checkout, with +changes if files differ from it.
	Commit string    `json:"commit"`
	Time   time.Time `json:"time"`
	Go     string    `json:"goVersion"`
	// Kubernetes and Etcd are the versions of the control plane.
	Kubernetes string `json:"kubernetes"`
	Etcd       string `json:"etcd"`
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	// MemoryMiB is the machine's memory.
	MemoryMiB int64 `json:"memoryMiB"`
	// LoadAverage is the load average of 1, 5 and 15 minutes before the beginning.
	LoadAverage string `json:"loadAverage"`
}

func describeMachine(ctx context.Context, root string) machine {
	m := machine{
		Commit: commit(ctx, root), Time: time.Now().UTC().Truncate(time.Second),
		Go: runtime.Version(), CPU: "unknown", Cores: runtime.NumCPU(), LoadAverage: loadAverage(),
	}
	m.Kubernetes, _ = assets.Version(root)
	m.Etcd, _ = assets.EtcdVersion(root)
	if text, err := os.ReadFile(processFiles + "/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile(processFiles + "/meminfo"); err == nil {
		m.MemoryMiB = kibibytes(string(text), "MemTotal") >> 20
	}
	return m
}

// loadAverage returns the machine's load average of 1, 5 and 15 minutes.
func loadAverage() string {
	text, err := os.ReadFile(processFiles + "/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(text))[:3], " ")
}

// commit returns the measured commit, which is unknown outside Git.
func commit(ctx context.Context, root string) string {
	output := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = root
		text, err := cmd.Output()
		return strings.TrimSpace(string(text)), err
	}
	head, err := output("rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	if changes, err := output("status", "--porcelain", "--", "*.go", "go.mod", "config"); err != nil || changes != "" {
		return head + "+changes"
	}
	return head
}

func (m machine) String() string {
	return fmt.Sprintf("commit %s, %s, Kubernetes %s, etcd %s; %s, %d cores, %d MiB, load %s; %s",
		m.Commit, m.Go, m.Kubernetes, m.Etcd, m.CPU, m.Cores, m.MemoryMiB, m.LoadAverage, m.Time.Format(time.RFC3339))
}
