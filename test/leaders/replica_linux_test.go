// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/manager"
)

// process is one run of the manager.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// identity is the name under which the process holds the lease; "" before it did.
func (p *process) identity() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return ""
	}
	found := regexp.MustCompile(`"this process leads".*"identity":"([^"]+)"`).FindSubmatch(text)
	if found == nil {
		return ""
	}
	return string(found[1])
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// replica is a place for a manager, in which another one is started whenever one ends, as a kubelet does.
type replica struct {
	t    *testing.T
	name string
	args []string
	dir  string

	mu      sync.Mutex
	closing bool
	runs    []*process
}

func startReplica(t *testing.T, name string, args []string) *replica {
	t.Helper()
	r := &replica{t: t, name: name, args: args, dir: t.TempDir()}
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	return r
}

// start runs the manager, and another one after it.
func (r *replica) start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return nil
	}
	p := &process{log: filepath.Join(r.dir, fmt.Sprintf("%s-%d.log", r.name, len(r.runs))), done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return fmt.Errorf("opening a log: %w", err)
	}
	defer out.Close()
	p.cmd = exec.Command(manager.Path(), r.args...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	// Whatever ends this test ends the manager, too.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return fmt.Errorf("starting the manager: %w", err)
	}
	r.runs = append(r.runs, p)
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
		time.Sleep(restartPause)
		if err := r.start(); err != nil {
			r.t.Error(err)
		}
	}()
	return nil
}

// restartPause keeps a manager that cannot run from being started all the time.
const restartPause = 200 * time.Millisecond

// current is the process that runs, or ran last.
func (r *replica) current() *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.runs[len(r.runs)-1]
}

// all are the processes of all runs.
func (r *replica) all() []*process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*process(nil), r.runs...)
}

// terminate asks the manager to end, as a kubelet does, and starts no other one after it.
func (r *replica) terminate() *process {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closing = true
	p := r.runs[len(r.runs)-1]
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatalf("stopping process %d: %v", p.pid(), err)
	}
	return p
}

// stop ends the manager for good, frozen or not.
func (r *replica) stop() {
	r.mu.Lock()
	r.closing = true
	p := r.runs[len(r.runs)-1]
	r.mu.Unlock()
	_ = p.cmd.Process.Kill()
	<-p.done
}

// logs are the last lines that the replica's processes wrote.
func (r *replica) logs() string {
	var all bytes.Buffer
	for i, p := range r.all() {
		text, _ := os.ReadFile(p.log)
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		fmt.Fprintf(&all, "%s, run %d, process %d:\n%s\n", r.name, i, p.pid(), bytes.Join(lines[max(0, len(lines)-maxLogLines):], []byte("\n")))
	}
	return all.String()
}

const maxLogLines = 15
