// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestListenerServesUntilItIsClosed(t *testing.T) {
	t.Parallel()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{})
	listener, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if listener.URL() != "http://"+listener.Address()+"/v1" {
		t.Errorf("URL %s, address %s", listener.URL(), listener.Address())
	}
	if _, err := server.Listen(t.Context(), listener.Address()); err == nil || !strings.Contains(err.Error(), listener.Address()) {
		t.Errorf("listening twice: %v", err)
	}
	get := func() (*http.Response, error) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, listener.URL()+"/instance", nil)
		request.Header.Set("Authorization", "Bearer "+instance.Key())
		return http.DefaultClient.Do(request)
	}
	response, err := get()
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", response, err)
	}
	response.Body.Close()
	instance.InjectFault(emulator.Fault{Hang: true})
	hung := make(chan error, 1)
	go func() {
		response, err := get()
		if err == nil {
			response.Body.Close()
		}
		hung <- err
	}()
	for len(server.Journal()) < 2 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := listener.Close(ctx); err != nil {
		t.Errorf("closing: %v", err)
	}
	if err := <-hung; err == nil {
		t.Error("a request that hung was answered")
	}
}
