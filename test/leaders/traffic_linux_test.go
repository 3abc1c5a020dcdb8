// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// traffic notes which process sends what to Clerk.
type traffic struct {
	next http.Handler
	// processes returns the processes that may send.
	processes func() []int

	mu    sync.Mutex
	calls []*sentCall
}

// sentCall is one call.
type sentCall struct {
	pid  int
	at   time.Time
	call string
	// write is true for a call that changes something at Clerk.
	write bool
	// cut is true if the sender did not wait for the answer.
	cut bool
}

// ServeHTTP notes a call and passes it on.
func (n *traffic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &sentCall{
		pid: senderOf(r.RemoteAddr, n.processes()), at: time.Now(), call: r.Method + " " + r.URL.Path, write: r.Method != http.MethodGet,
	}
	n.mu.Lock()
	n.calls = append(n.calls, c)
	n.mu.Unlock()
	n.next.ServeHTTP(w, r)
	n.mu.Lock()
	defer n.mu.Unlock()
	c.cut = r.Context().Err() != nil
}

// after returns what a process wrote after a time.
func (n *traffic) after(pid int, at time.Time) []string {
	return n.those(func(c *sentCall) bool { return c.write && c.pid == pid && c.at.After(at) })
}

// those returns the calls of which something is true.
func (n *traffic) those(match func(*sentCall) bool) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var calls []string
	for _, c := range n.calls {
		if match(c) {
			calls = append(calls, c.call)
		}
	}
	return calls
}

// known reports how many writes there were whose sender is known, and how many there were.
func (n *traffic) known() (known, all int) {
	writes := func(c *sentCall) bool { return c.write }
	return len(n.those(func(c *sentCall) bool { return writes(c) && c.pid != 0 })), len(n.those(writes))
}

// senderOf returns which of the processes has the other end of a connection on this machine; 0 for none.
func senderOf(remote string, pids []int) int {
	_, port, err := net.SplitHostPort(remote)
	if err != nil {
		return 0
	}
	inode := inodeOf(port)
	if inode == "" {
		return 0
	}
	for _, pid := range pids {
		descriptors, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, descriptor := range descriptors {
			if target, err := os.Readlink(descriptor); err == nil && target == "socket:["+inode+"]" {
				return pid
			}
		}
	}
	return 0
}

// inodeOf returns the inode of the socket that has a local port.
func inodeOf(port string) string {
	number, err := strconv.Atoi(port)
	if err != nil {
		return ""
	}
	suffix := fmt.Sprintf(":%04X", number)
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
			if fields := strings.Fields(line); len(fields) > 9 && strings.HasSuffix(fields[1], suffix) {
				return fields[9]
			}
		}
	}
	return ""
}
