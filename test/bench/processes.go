// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc/PID/stat, which Linux fixes at 100 per second for
// every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// processFiles is the kernel's directory of processes.
const processFiles = "/proc"

// findDescendant returns the process with that name among the direct and indirect children of ancestor. The kernel
// keeps the first 15 bytes of names.
func findDescendant(ancestor int, name string) (int, error) {
	entries, err := os.ReadDir(processFiles)
	if err != nil {
		return 0, fmt.Errorf("looking for %s: %w", name, err)
	}
	parents := map[int]int{}
	var named []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := readStat(pid)
		if err != nil {
			// It ended after the directory was read.
			continue
		}
		parents[pid] = stat.parent
		if stat.name == name[:min(len(name), 15)] {
			named = append(named, pid)
		}
	}
	for _, pid := range named {
		for at := parents[pid]; at > 1; at = parents[at] {
			if at == ancestor {
				return pid, nil
			}
		}
	}
	return 0, fmt.Errorf("looking for %s: it does not run", name)
}

// stat has the content of /proc/PID/stat.
type stat struct {
	name   string
	parent int
	// cpu is the CPU time of the process, in user and kernel mode.
	cpu time.Duration
}

func readStat(pid int) (stat, error) {
	text, err := os.ReadFile(fileOf(pid, "stat"))
	if err != nil {
		return stat{}, err
	}
	return parseStat(string(text))
}

// parseStat parses the line. The name is in brackets and may contain brackets and spaces.
func parseStat(line string) (stat, error) {
	begin, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if begin < 0 || end < begin {
		return stat{}, errors.New("reading a process's stat: it has no name")
	}
	const parent, user, system = 1, 11, 12
	fields := strings.Fields(line[end+1:])
	if len(fields) <= system {
		return stat{}, errors.New("reading a process's stat: it is too short")
	}
	numbers := map[int]int{}
	for _, at := range []int{parent, user, system} {
		number, err := strconv.Atoi(fields[at])
		if err != nil {
			return stat{}, fmt.Errorf("reading a process's stat: %w", err)
		}
		numbers[at] = number
	}
	return stat{
		name:   line[begin+1 : end],
		parent: numbers[parent],
		cpu:    time.Duration(numbers[user]+numbers[system]) * clockTick,
	}, nil
}

// memory is the memory of a process in bytes: now, now without code that is mapped from its file, and at most.
type memory struct{ resident, anonymous, peak int64 }

func readMemory(pid int) (memory, error) {
	text, err := os.ReadFile(fileOf(pid, "status"))
	if err != nil {
		return memory{}, fmt.Errorf("reading a process's memory: %w", err)
	}
	status := string(text)
	return memory{
		resident: kibibytes(status, "VmRSS"), anonymous: kibibytes(status, "RssAnon"), peak: kibibytes(status, "VmHWM"),
	}, nil
}

// kibibytes returns a line of /proc/PID/status in bytes; 0 if there is none.
func kibibytes(status, name string) int64 {
	for line := range strings.Lines(status) {
		key, value, _ := strings.Cut(line, ":")
		if key != name {
			continue
		}
		number, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		count, _ := strconv.ParseInt(number, 10, 64)
		return count << 10
	}
	return 0
}

// resetPeak resets a process's peak memory to its present memory.
func resetPeak(pid int) error {
	const peakOfResident = "5"
	if err := os.WriteFile(fileOf(pid, "clear_refs"), []byte(peakOfResident), 0); err != nil {
		return fmt.Errorf("resetting a process's peak: %w", err)
	}
	return nil
}

// countSockets returns the number of open sockets of a process.
func countSockets(pid int) (int, error) {
	dir := fileOf(pid, "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, fmt.Errorf("counting a process's sockets: %w", err)
	}
	count := 0
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join(dir, entry.Name()))
		if err == nil && strings.HasPrefix(target, "socket:") {
			count++
		}
	}
	return count, nil
}

func fileOf(pid int, name string) string {
	return filepath.Join(processFiles, strconv.Itoa(pid), name)
}
