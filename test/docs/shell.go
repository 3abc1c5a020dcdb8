// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Session is a shell in which the commands of a page run one after the other, so that a variable keeps its value.
type Session struct {
	// group is the negative id of the group of processes.
	group    int
	commands *os.File
	output   chan string
	limit    time.Duration
}

// Result is what a command did.
type Result struct {
	// Output is what it printed, on both streams.
	Output string
	Code   int
}

// marker separates the outputs of the commands. It is preceded by no newline, because the output may lack its last one.
const marker = "\x1eend of example, code "

var markerPattern = regexp.MustCompile(regexp.QuoteMeta(marker) + `(\d+)\n$`)

// loop runs the commands that come from descriptor 3, each ended by NUL. A command that fails does not end the session, and "echo $?"
// as the next command prints its exit code.
const loop = `exec 2>&1
leave() { return "$1"; }
while IFS= read -r -d '' -u 3 command; do
  leave "$code"; eval "$command"
  code=$?; printf '` + marker + `%d\n' "$code"
done`

// NewSession starts bash in a directory with these variables ("name=value"). The input is what somebody types while commands run. A
// command that takes longer than the limit ends the session. The caller must call Close.
func NewSession(ctx context.Context, directory string, environment []string, input string, limit time.Duration) (*Session, error) {
	reading, commands, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting a shell: %w", err)
	}
	defer reading.Close()
	output, printing, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting a shell: %w", err), commands.Close())
	}
	defer printing.Close()
	command := exec.CommandContext(ctx, "bash", "-c", loop)
	command.Dir, command.Env = directory, slices.Concat(environment, []string{"code=0"})
	command.Stdin, command.Stdout = strings.NewReader(input), printing
	command.ExtraFiles = []*os.File{reading}
	// What runs in the background is of the same group, and ends with the shell.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a shell: %w", err), commands.Close(), output.Close())
	}
	s := &Session{group: -command.Process.Pid, commands: commands, output: make(chan string), limit: limit}
	go s.read(output)
	go func() {
		_ = command.Wait()
		_ = syscall.Kill(s.group, syscall.SIGKILL)
	}()
	return s, nil
}

// read sends the output line by line, and closes the channel at its end.
func (s *Session) read(output io.ReadCloser) {
	defer close(s.output)
	defer output.Close()
	for reader := bufio.NewReader(output); ; {
		line, err := reader.ReadString('\n')
		if line != "" {
			s.output <- line
		}
		if err != nil {
			return
		}
	}
}

// Run runs a command.
func (s *Session) Run(ctx context.Context, command string) (Result, error) {
	if _, err := io.WriteString(s.commands, command+"\x00"); err != nil {
		return Result{}, fmt.Errorf("writing to the shell: %w", err)
	}
	timer := time.NewTimer(s.limit)
	defer timer.Stop()
	var result Result
	for {
		select {
		case line, more := <-s.output:
			if !more {
				return result, fmt.Errorf("the shell ended; it printed: %s", result.Output)
			}
			result.Output += line
			if end := markerPattern.FindStringSubmatchIndex(result.Output); end != nil {
				// The pattern has digits only, and the shell's codes are small.
				result.Code, _ = strconv.Atoi(result.Output[end[2]:end[3]])
				result.Output = result.Output[:end[0]]
				return result, nil
			}
		case <-timer.C:
			return result, fmt.Errorf("the command did not end within %v; it printed: %s", s.limit, result.Output)
		case <-ctx.Done():
			return result, ctx.Err()
		}
	}
}

// Close ends the shell and all that it started.
func (s *Session) Close() {
	_ = syscall.Kill(s.group, syscall.SIGKILL)
	_ = s.commands.Close()
	for range s.output {
		// A line that nobody reads would keep the reader.
	}
}
