// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// AllowedHosts is the set of API addresses that keys may be sent to, as scheme://host[:port].
type AllowedHosts map[string]bool

// ParseAllowedHosts reads entries such as api.clerk.com, clerk.internal:8443 or http://127.0.0.1:8080. An entry without
// scheme means https; plain http is possible only where an entry says so.
func ParseAllowedHosts(entries []string) (AllowedHosts, error) {
	hosts := AllowedHosts{}
	for _, entry := range entries {
		text := entry
		if !strings.Contains(text, "://") {
			text = "https://" + text
		}
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" {
			return nil, fmt.Errorf("reading allowed API host %q: want host, host:port or http://host:port", entry)
		}
		hosts[origin(u)] = true
	}
	return hosts, nil
}

// Allow reports whether an API address leads to one of the hosts.
func (h AllowedHosts) Allow(apiURL string) bool {
	u, err := url.Parse(apiURL)
	return err == nil && u.User == nil && h[origin(u)]
}

// origin folds ASCII only. HTTP clients turn other letters of a host into punycode, where a host that Unicode's folding
// takes for an allowed one can be another: a key must not be sent there.
func origin(u *url.URL) string {
	return clerk.LowerASCII(u.Scheme) + "://" + clerk.LowerASCII(u.Host)
}
