// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes. Every command uses them.
const (
	// ExitDone: the command did what it was told, and found nothing that its help names as a finding.
	ExitDone = 0
	// ExitFound: the command did what it was told, and its answer is the one that its help names as a finding, such as a
	// difference or an action that failed.
	ExitFound = 1
	// ExitError: the command could not do what it was told.
	ExitError = 2
)

// FoundError ends a command with ExitFound.
type FoundError struct {
	// Message is printed on standard error; nothing is printed for "".
	Message string
}

// Error returns the message.
func (e *FoundError) Error() string { return e.Message }

// Exit prints the error of a command, if it has a text, and returns the exit code.
func (e *Environment) Exit(err error) int {
	if err == nil {
		return ExitDone
	}
	code := ExitError
	if _, found := errors.AsType[*FoundError](err); found {
		code = ExitFound
	}
	// An error can quote what somebody else wrote.
	for i, line := range strings.Split(err.Error(), "\n") {
		switch line = e.SameCluster(Line(line)); {
		case line == "":
		case i == 0:
			fmt.Fprintf(e.ErrOut, "kubectl clerk: %s\n", line)
		default:
			fmt.Fprintln(e.ErrOut, line)
		}
	}
	return code
}
