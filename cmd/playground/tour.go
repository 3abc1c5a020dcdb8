// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/term"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/clerk-operator/clerk-operator/cmd/playground/tour"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	// widest is how wide prose gets on a wide terminal.
	widest = 100
	// plainWidth is the width without a terminal.
	plainWidth = 80
	narrowest  = 30
)

// guidedTour shows the tour. Its error is tour.ErrQuit if somebody quit.
func (p *playground) guidedTour(ctx context.Context) error {
	if _, err := exec.LookPath("curl"); err != nil {
		return errors.New("the tour needs curl, for requests to the emulator; install it")
	}
	t, err := p.newTour(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "\nA tour in %d steps. To follow it in a browser, open the page of its Clerk instance:\n\n  %s/?instance=%s\n\n"+
		"To try its commands in another terminal, begin there with:\n\n  . %s\n",
		len(tour.Steps()), t.ClerkURL, t.Clerk.ID(), quote(filepath.Join(t.Directory, "env")))
	steps := tour.Steps()
	err = t.Run(ctx, steps)
	if err == nil {
		fmt.Fprintf(p.out, "\nThat was the tour. All checks of its %d steps held.\n", len(steps))
	}
	return err
}

// newTour prepares the namespace, the Clerk instance, and the environment of the commands.
func (p *playground) newTour(ctx context.Context) (*tour.Tour, error) {
	namespace := &corev1.Namespace{}
	namespace.Name = tour.Namespace
	if err := p.client.Create(ctx, namespace); err != nil {
		return nil, fmt.Errorf("making the namespace of the tour: %w", err)
	}
	instance := p.emulator.AddInstance(emulator.InstanceConfig{Keys: []string{tour.Key}})
	directory := filepath.Join(filepath.Dir(p.plane.Kubeconfig()), "tour")
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("making room for the tour: %w", err)
	}
	kubeconfig, err := p.kubeconfigFor(tour.Namespace, directory)
	if err != nil {
		return nil, err
	}
	t := &tour.Tour{
		Out: p.out, Page: layout(p.out), Limit: p.limit, Directory: directory,
		Clerk: instance, ClerkURL: "http://" + p.clerk.Address(), Cluster: p.client,
	}
	t.Environment = []string{
		"KUBECONFIG=" + kubeconfig,
		"KUBECACHEDIR=" + p.plane.KubectlCache(),
		"PATH=" + p.path() + string(os.PathListSeparator) + os.Getenv("PATH"),
		"CLERK=" + t.ClerkURL,
		"INSTANCE=" + instance.ID(),
	}
	if isTerminal(p.in) && isTerminal(p.out) && !p.exit {
		t.Pause = p.pause
	}
	return t, writeEnvironment(filepath.Join(directory, "env"), directory, t.Environment)
}

// kubeconfigFor writes a kubeconfig with another namespace into the directory.
func (p *playground) kubeconfigFor(namespace, directory string) (string, error) {
	config, err := clientcmd.LoadFromFile(p.plane.Kubeconfig())
	if err != nil {
		return "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	for _, context := range config.Contexts {
		context.Namespace = namespace
	}
	path := filepath.Join(directory, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return path, nil
}

// writeEnvironment writes a file that a shell reads to run commands of the tour.
func writeEnvironment(path, directory string, variables []string) error {
	var lines strings.Builder
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&lines, "export %s=%s\n", name, quote(value))
	}
	fmt.Fprintf(&lines, "cd %s\n", quote(directory))
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		return fmt.Errorf("writing the environment of the tour: %w", err)
	}
	return nil
}

// pause waits for Enter. It returns tour.ErrQuit for q, and at the end of the input.
func (p *playground) pause(ctx context.Context) error {
	fmt.Fprint(p.out, "\nEnter: next step   q Enter: quit ")
	typed := make(chan string, 1)
	go func() {
		line, err := p.lines().ReadString('\n')
		if err != nil {
			line = "q"
		}
		typed <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-typed:
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "q") {
			return tour.ErrQuit
		}
		return nil
	}
}

// lines returns the buffered input.
func (p *playground) lines() *bufio.Reader {
	if p.typed == nil {
		p.typed = bufio.NewReader(p.in)
	}
	return p.typed
}

// layout returns the layout for what out is.
func layout(out io.Writer) tour.Page {
	width := plainWidth
	if file, ok := out.(*os.File); ok && isTerminal(out) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			width = min(max(columns, narrowest), widest)
		}
	}
	return tour.Page{Width: width, Color: isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// quote returns a word as a shell reads it.
func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
