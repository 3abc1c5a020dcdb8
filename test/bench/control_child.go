// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// controlArgument as a program's first argument makes it the control. The file with its task follows.
const controlArgument = "bench-control"

// readers is the number of concurrent reads of the control, like the operator's reconciliations.
const readers = 32

// controlTask is the task of the control.
type controlTask struct {
	APIURL         string   `json:"apiURL"`
	Key            string   `json:"key"`
	IDs            []string `json:"ids"`
	RequestsPer10s int      `json:"requestsPer10s"`
	Rounds         int      `json:"rounds"`
}

// controlReport is the result of the control. The CPU time is that of the reads, without the program's start.
type controlReport struct {
	Seconds   float64 `json:"seconds"`
	CPUMillis float64 `json:"cpuMillis"`
	RSSMiB    float64 `json:"rssMiB"`
	// DataMiB is the part of it that is not code.
	DataMiB    float64 `json:"dataMiB"`
	PeakRSSMiB float64 `json:"peakRSSMiB"`
	Sockets    int     `json:"sockets"`
}

// runControlChild runs this process as the control and does not return, if it was started as one.
func runControlChild() {
	if len(os.Args) != 3 || os.Args[1] != controlArgument {
		return
	}
	report, err := readAll(context.Background(), os.Args[2])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// readAll carries out the task in a file.
func readAll(ctx context.Context, file string) (report controlReport, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return report, fmt.Errorf("reading the control's task: %w", err)
	}
	var task controlTask
	if err := json.Unmarshal(text, &task); err != nil {
		return report, fmt.Errorf("reading the control's task: %w", err)
	}
	client, err := clerk.New(clerk.Config{
		APIURL: task.APIURL, Key: clerk.NewSecret(task.Key),
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: task.RequestsPer10s}),
	})
	if err != nil {
		return report, fmt.Errorf("making the control's client: %w", err)
	}
	self := os.Getpid()
	before, err := readStat(self)
	if err != nil {
		return report, err
	}
	began := time.Now()
	for range task.Rounds {
		if err := readRound(ctx, client, task.IDs); err != nil {
			return report, err
		}
	}
	report.Seconds = time.Since(began).Seconds()
	after, err := readStat(self)
	report.CPUMillis = milliseconds(after.cpu - before.cpu)
	if err != nil {
		return report, err
	}
	held, err := readMemory(self)
	report.RSSMiB, report.DataMiB, report.PeakRSSMiB = mebibytes(held.resident), mebibytes(held.anonymous), mebibytes(held.peak)
	if err != nil {
		return report, err
	}
	report.Sockets, err = countSockets(self)
	return report, err
}

// readRound reads every user once.
func readRound(ctx context.Context, client *clerk.Client, ids []string) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next := make(chan string)
	var working sync.WaitGroup
	for range readers {
		working.Go(func() {
			for id := range next {
				if err := readUser(ctx, client, id); err != nil {
					fail(err)
				}
			}
		})
	}
	for _, id := range ids {
		next <- id
	}
	close(next)
	working.Wait()
	return context.Cause(ctx)
}

// readUser reads one user when the budget allows it.
func readUser(ctx context.Context, client *clerk.Client, id string) error {
	for {
		_, err := client.For(ratelimit.Caller{ID: id, Level: ratelimit.Background}).User(ctx, id)
		wait, waiting := errors.AsType[*clerk.WaitError](err)
		if !waiting {
			return err
		}
		if err := pause(ctx, time.Until(wait.At)); err != nil {
			return err
		}
	}
}
