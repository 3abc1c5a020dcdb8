// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// Shell is where examples are run.
type Shell struct {
	// Directory is the working directory.
	Directory string
	// Environment has all variables, as "name=value".
	Environment []string
}

// Result is what a command of an example did.
type Result struct {
	// Output is what it printed, on both streams.
	Output string
	Code   int
}

// marker separates the outputs of the commands. It is preceded by no newline, because the output may lack its last one.
const marker = "\x1eend of example, code "

var markerPattern = regexp.MustCompile(regexp.QuoteMeta(marker) + `(\d+)\n`)

// Run runs the commands of a block in one session of bash. A command that fails does not end it, and "echo $?" as the next
// command prints its exit code.
func (s Shell) Run(ctx context.Context, block Block) ([]Result, error) {
	var script strings.Builder
	script.WriteString("exec 2>&1\nleave() { return \"$1\"; }\n")
	for _, example := range block.Examples {
		fmt.Fprintf(&script, "%s\ncode=$?; printf '%s%%d\\n' \"$code\"; leave \"$code\"\n", example.Command, marker)
	}
	command := exec.CommandContext(ctx, "bash", "-c", script.String())
	command.Dir, command.Env = s.Directory, s.Environment
	output, err := command.CombinedOutput()
	results := results(string(output))
	if len(results) != len(block.Examples) {
		return nil, fmt.Errorf("the shell ended after %d of %d commands: %w: %s", len(results), len(block.Examples), err, output)
	}
	return results, nil
}

// results returns what the commands did whose outputs the markers separate.
func results(output string) []Result {
	var found []Result
	for {
		end := markerPattern.FindStringSubmatchIndex(output)
		if end == nil {
			return found
		}
		// The pattern has digits only, and the shell's codes are small.
		code, _ := strconv.Atoi(output[end[2]:end[3]])
		found = append(found, Result{Output: output[:end[0]], Code: code})
		output = output[end[1]:]
	}
}
