// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// program is what an image runs.
type program struct {
	// name is the name of the image, and the first part of the names of its archives.
	name string
	// source is the Go package, below the checkout.
	source string
	// entrypoint is the only file of the image.
	entrypoint, description string
	// args are the arguments that a container runs with if it is given none.
	args []string
	// port is the one that the arguments have it listen on, as port/protocol; empty if there is none to name.
	port string
}

// programs are those that images are made of, the operator first.
func programs() []program {
	return []program{
		{
			// Manifests name /manager as their command.
			name: "clerk-operator", source: ".", entrypoint: "/manager",
			description: "Kubernetes operator that keeps users of Clerk as ClerkUser objects declare them",
		},
		{
			name: "clerk-emulator", source: "./cmd/clerk-emulator", entrypoint: "/clerk-emulator",
			description: "In-memory Clerk Backend API for tests",
			// The loopback address of a container cannot be reached from outside. Who runs it says who may reach its port.
			args: []string{"--addr", ":8910"}, port: "8910/tcp",
		},
	}
}

// programNamed returns the program with a name.
func programNamed(name string) (program, error) {
	var known []string
	for _, p := range programs() {
		if p.name == name {
			return p, nil
		}
		known = append(known, p.name)
	}
	return program{}, fmt.Errorf("-program: want %s, not %q", strings.Join(known, " or "), name)
}
