// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// mount is one mount of an OCI bundle.
type mount map[string]any

// fromHost mounts a file or directory of this machine read-only, as a volume.
func fromHost(source, destination string) mount {
	return mount{"destination": destination, "type": "bind", "source": source, "options": []string{"bind", "ro", "nosuid", "nodev", "noexec"}}
}

// ids are the user and the group of a process.
type ids struct{ user, group int }

// nonroot returns those that the image and config/manager name.
func nonroot() ids { return ids{65532, 65532} }

// bundleConfig returns the configuration of a bundle that takes from a process what Kubernetes' standard "restricted" takes, and
// more: the root is read-only, and the system calls are those that a server in Go needs. The network is the one of this machine.
func bundleConfig(who ids, args, environment []string, volumes ...mount) map[string]any {
	none := []string{}
	mounts := []mount{
		{"destination": "/proc", "type": "proc", "source": "proc"},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{"destination": "/sys", "type": "bind", "source": "/sys", "options": []string{"rbind", "nosuid", "noexec", "nodev", "ro"}},
	}
	return map[string]any{
		"ociVersion": "1.0.2",
		"process": map[string]any{
			"user": map[string]any{"uid": who.user, "gid": who.group},
			"args": args,
			"env":  environment,
			"cwd":  "/",
			"capabilities": map[string]any{
				"bounding": none, "effective": none, "inheritable": none, "permitted": none, "ambient": none,
			},
			"noNewPrivileges": true,
		},
		"root":   map[string]any{"path": "rootfs", "readonly": true},
		"mounts": append(mounts, volumes...),
		"linux": map[string]any{
			"namespaces":    []map[string]string{{"type": "pid"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}},
			"maskedPaths":   []string{"/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"},
			"readonlyPaths": []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
			"seccomp":       seccomp(),
		},
	}
}

// seccomp allows the system calls of a server in Go, and of runc before it starts one. It is a part of what container engines
// allow by default (RuntimeDefault in Kubernetes).
func seccomp() map[string]any {
	names := `
		accept4 arch_prctl bind brk capget clock_gettime clock_nanosleep clone clone3 close connect epoll_create1 epoll_ctl
		epoll_pwait epoll_wait eventfd2 execve exit exit_group faccessat2 fcntl fstat fstatfs futex getcwd getdents64 getegid geteuid
		getgid getpeername getpid getppid getrandom getrlimit getsockname getsockopt gettid getuid ioctl listen lseek madvise membarrier
		mincore mmap mprotect munmap nanosleep newfstatat openat pipe2 prctl pread64 prlimit64 pwrite64 read readlinkat recvfrom
		recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield sendmsg sendto set_robust_list
		set_tid_address setrlimit setsockopt shutdown sigaltstack socket statx tgkill timer_create timer_delete timer_settime uname write
		writev`
	return map[string]any{
		"defaultAction": "SCMP_ACT_ERRNO",
		"architectures": []string{map[string]string{"amd64": "SCMP_ARCH_X86_64", "arm64": "SCMP_ARCH_AARCH64"}[runtime.GOARCH]},
		"syscalls":      []map[string]any{{"names": strings.Fields(names), "action": "SCMP_ACT_ALLOW"}},
	}
}

// container is a bundle that runc runs.
type container struct {
	runc, root, id string
	cmd            *exec.Cmd
	log            string
	done           chan struct{}
	err            error
}

// startContainer has runc run a bundle, and removes the container at the end of the test.
func startContainer(t *testing.T, runc, bundle string, config map[string]any) *container {
	t.Helper()
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bundle, "config.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &container{
		runc: runc, root: filepath.Join(bundle, "state"), id: fmt.Sprintf("clerk-operator-test-%d-%d", os.Getpid(), time.Now().UnixNano()),
		log: filepath.Join(bundle, "log"), done: make(chan struct{}),
	}
	out, err := os.Create(c.log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c.cmd = exec.Command(runc, "--root", c.root, "run", "--bundle", bundle, c.id)
	c.cmd.Stdout, c.cmd.Stderr = out, out
	// Whatever ends this test ends the container, too: runc passes the signal on.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	t.Cleanup(func() {
		_ = exec.Command(runc, "--root", c.root, "delete", "--force", c.id).Run()
		<-c.done
	})
	return c
}

// output returns what the container has written.
func (c *container) output() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// wait waits for the end of the container and returns how it ended.
func (c *container) wait(t *testing.T) error {
	t.Helper()
	select {
	case <-c.done:
		return c.err
	case <-time.After(patience):
		t.Fatalf("the container still runs after %s:\n%s", patience, c.output())
		return nil
	}
}

// pid returns the process of the container, as this machine sees it.
func (c *container) pid(t *testing.T) int {
	t.Helper()
	out, err := exec.Command(c.runc, "--root", c.root, "state", c.id).Output()
	if err != nil {
		t.Fatalf("asking runc for the container: %v\n%s", err, c.output())
	}
	state := struct{ Pid int }{}
	decode(t, out, &state)
	return state.Pid
}

// usableRunc returns the path of runc, after it ran a program that is not the image. Where it cannot, the test is skipped, aloud:
// the image is then not run at all.
func usableRunc(t *testing.T) string {
	t.Helper()
	const what = "the image was not run as a container: "
	runc, err := exec.LookPath("runc")
	if err != nil {
		notchecked.Skip(t, what+"runc is not installed (on Debian: apt-get install runc)")
	}
	if os.Geteuid() != 0 {
		notchecked.Skip(t, what+"runc needs root")
	}
	bundle := t.TempDir()
	rootfs := filepath.Join(bundle, "rootfs")
	if err := os.Mkdir(rootfs, 0o755); err != nil {
		t.Fatal(err)
	}
	buildProbe(t, filepath.Join(rootfs, "probe"))
	c := startContainer(t, runc, bundle, bundleConfig(nonroot(), []string{"/probe"}, nil))
	if err := c.wait(t); err != nil {
		notchecked.Skip(t, what+"runc cannot run a container on this machine: %v: %s", err, strings.TrimSpace(c.output()))
	}
	return runc
}

// buildProbe builds a program that ends at once.
func buildProbe(t *testing.T, path string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "probe.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", path, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building a program for runc: %v\n%s", err, out)
	}
}

// statusOf returns the lines of a process's status, by their names.
func statusOf(t *testing.T, pid int) map[string]string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for line := range bytes.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		fields[key] = strings.Join(strings.Fields(value), " ")
	}
	return fields
}
