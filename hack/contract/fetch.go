// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/clerk-operator/clerk-operator/test/contract"
)

const (
	// fetchLimit is how long a download may take.
	fetchLimit = time.Minute
	// maxDocument is the maximum size of the document in bytes: more than ten times the size of Clerk's document.
	maxDocument = 32 << 20
)

// fetch downloads the document into the file at the path. It replaces the file only if tests can use the new one.
func fetch(ctx context.Context, address, path string) error {
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it was answered with %s", response.Status)
	}
	return keep(io.LimitReader(response.Body, maxDocument), path)
}

// keep writes the input beside the path and, if it is the document, moves it there.
func keep(from io.Reader, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "fetched-*.yml")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = io.Copy(file, from)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	if _, err := contract.Load(file.Name()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
