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

// traffic notes which process sends what is written to Clerk.
type traffic struct {
	next http.Handler
	// processes returns the processes that may send.
	processes func() []int

	mu     sync.Mutex
	writes []sentWrite
}

// sentWrite is one call that changes something at Clerk.
type sentWrite struct {
	pid  int
	at   time.Time
	call string
}

// ServeHTTP notes a write and passes it on.
func (n *traffic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		pid := senderOf(r.RemoteAddr, n.processes())
		n.mu.Lock()
		n.writes = append(n.writes, sentWrite{pid: pid, at: time.Now(), call: r.Method + " " + r.URL.Path})
		n.mu.Unlock()
	}
	n.next.ServeHTTP(w, r)
}

// after returns what a process wrote after a time.
func (n *traffic) after(pid int, at time.Time) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var calls []string
	for _, w := range n.writes {
		if w.pid == pid && w.at.After(at) {
			calls = append(calls, w.call)
		}
	}
	return calls
}

// known reports how many writes there were whose sender is known, and how many there were.
func (n *traffic) known() (known, all int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, w := range n.writes {
		if w.pid != 0 {
			known++
		}
	}
	return known, len(n.writes)
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
